/**
 * A widget's side of the talk with the page around it. Only a parent page of an allowed site is answered, and only at its
 * exact origin; what is said never holds anything about the patient.
 *
 * Out: `ready` with the title, `height` of the content, `event` with a name, `unread` with a count, `open`, `close`.
 * In: `hello` with the mode (inline or panel); `open` and `close` arrive as events `konsulto:open`, `konsulto:close`.
 */

const EVENT = /^[a-z][a-z-]{0,40}$/;
const PATTERN = /^(https?):\/\/(\*\.)?([^:/*]+)(?::(\d+|\*))?$/;
const PORTS = /** @type {Record<string, string>} */ ({ http: "80", https: "443" });
const PATIENCE = 500;
const GROWTHS = 3;

/** The origin of the page around, once it has said hello. */
let host = "";
/** What was last said about the height. */
let told = 0;
let width = innerWidth;
/** Whether the frame has just changed its height and nothing else. */
let stretched = false;
let growths = 0;

/**
 * Tells the page around that something has happened: a name, never a detail.
 * @param {string} name small letters and hyphens
 */
export function tell(name) {
  if (!EVENT.test(name)) throw new Error(`no event name: ${name}`);
  send("event", name);
}

/** How many messages wait behind a closed panel. @param {number} count */
export function unread(count) {
  send("unread", count);
}

/** Asks the page around to show the panel. */
export function open() {
  send("open");
}

/** Asks the page around to put the panel away. */
export function close() {
  send("close");
}

/** @param {string} origin @param {string} sites patterns as a content policy has them, separated by spaces */
export function isAllowed(origin, sites) {
  const asking = parsed(origin);
  return asking !== undefined && sites.split(/\s+/).some((pattern) => matches(asking, pattern));
}

/** @param {URL} asking @param {string} pattern */
function matches(asking, pattern) {
  const [, scheme, wildcard, name, port] = PATTERN.exec(pattern) ?? [];
  const atHost = wildcard ? asking.hostname.endsWith(`.${name}`) : asking.hostname === name;
  return atHost && waysOf(scheme, port).includes(asking.protocol + (port === "*" ? "*" : portOf(asking)));
}

/**
 * What a pattern stands for; as in a content policy, http stands for https too.
 * @param {string} scheme @param {string} [port]
 */
function waysOf(scheme, port = PORTS[scheme]) {
  if (scheme === "https") return [`https:${port}`];
  return [`http:${port}`, `https:${port === "80" ? "443" : port}`];
}

/** @param {URL} url */
function portOf(url) {
  return url.port || PORTS[url.protocol.slice(0, -1)];
}

/** @param {string} origin @returns {URL | undefined} */
function parsed(origin) {
  try {
    return new URL(origin);
  } catch {
    return undefined;
  }
}

/** @param {string} konsulto @param {string | number} [value] */
function send(konsulto, value) {
  if (host) parent.postMessage({ konsulto, value }, host);
}

/** @param {MessageEvent} message */
function hear({ source, origin, data }) {
  if (source !== parent || !isAllowed(origin, allowedSites())) return;
  if (data?.konsulto === "hello") greet(origin, data.value);
  if (data?.konsulto === "open" || data?.konsulto === "close") announce(data.konsulto);
}

function allowedSites() {
  return document.querySelector("meta[name=konsulto-sites]")?.getAttribute("content") ?? "";
}

/** @param {string} origin @param {string} mode */
function greet(origin, mode) {
  host = origin;
  told = 0;
  document.documentElement.dataset.framed = mode === "panel" ? "panel" : "inline";
  send("ready", document.title);
  if (mode === "panel") announce("open");
  measure();
}

/** @param {string} name */
function announce(name) {
  document.dispatchEvent(new CustomEvent(`konsulto:${name}`));
}

/** Tells the height of the content; a page whose height merely follows its frame would grow with it for ever. */
function measure() {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  if (!host || height === told || growths === GROWTHS) return;
  growths = stretched && height > told ? growths + 1 : 0;
  told = height;
  send("height", height);
  setTimeout(settle, PATIENCE);
}

/** While everything fits there is no scroll bar, which would take width and so change the height again. */
function settle() {
  document.documentElement.toggleAttribute("data-fits", growths < GROWTHS && innerHeight + 1 >= told);
}

function resized() {
  stretched = innerWidth === width;
  width = innerWidth;
  settle();
  // The content is measured later in this frame; in the next one, whatever grows has another reason.
  requestAnimationFrame(() => requestAnimationFrame(() => void (stretched = false)));
}

/** @param {KeyboardEvent} event */
function leave(event) {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) close();
}

if (parent !== window) {
  addEventListener("message", hear);
  addEventListener("resize", resized);
  addEventListener("keydown", leave);
  new ResizeObserver(measure).observe(document.documentElement);
}
