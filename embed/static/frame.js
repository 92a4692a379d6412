/**
 * A widget's side of the talk with the page around it. Only a parent page of an allowed site is answered, and only at its
 * exact origin; what is said never holds anything about the patient.
 *
 * Out: `ready` with the title, `height` of the content, `event` with a name and numbers or states, `unread` with a number and
 * words, `state` with words, `keep` with a word to bring back on the site's next page, `identity` to be told again who is
 * signed in, `open`, `close`.
 * In: `resume` with what was kept and `identity` with what the site has signed, then `hello` with the mode (inline, panel, or
 * shut for a panel that is not open); each arrives as an event, `konsulto:open` and so on.
 */

const EVENT = /^[a-z][a-z-]{0,40}$/;
const PATTERN = /^(https?):\/\/(\*\.)?([^:/*]+)(?::(\d+|\*))?$/;
const PORTS = /** @type {Record<string, string>} */ ({ http: "80", https: "443" });
const PATIENCE = 500;
const GROWTHS = 3;

/** What the page around brings: what it has kept of a conversation, and who is signed in there. */
export const brought = { resume: "", identity: "" };
/** The origin of the page around, once it has said hello. */
let host = "";
/** Whether the panel stands open. */
let shown = false;
/** What was last said about the height. */
let told = 0;
let width = innerWidth;
/** Whether the frame has just changed its height and nothing else. */
let stretched = false;
let growths = 0;

/**
 * Tells the page around that something has happened: a name, and perhaps a number or the name of a state, never what was said.
 * @param {string} name small letters and hyphens
 * @param {Record<string, number | string>} [more]
 */
export function tell(name, more = {}) {
  if (!EVENT.test(name)) throw new Error(`no event name: ${name}`);
  send("event", { event: name, ...more });
}

/** How many messages wait behind a closed panel, and the same in words. @param {number} n @param {string} [words] */
export function unread(n, words = "") {
  send("unread", { n, words });
}

/** Whether there is a page around that has said hello. */
export function isGreeted() {
  return Boolean(host);
}

/** Whether the panel stands open. */
export function isShown() {
  return shown;
}

/** Asks the page around to show the panel; "again" where it only stands as it stood on the page before. @param {string} [how] */
export function open(how) {
  send("open", how);
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

/** @param {string} konsulto @param {any} [value] */
export function send(konsulto, value) {
  if (host) parent.postMessage({ konsulto, value }, host);
}

/** @param {MessageEvent} message */
function hear({ source, origin, data }) {
  if (source !== parent || !isAllowed(origin, allowedSites())) return;
  const { konsulto, value } = Object(data);
  if (konsulto in brought) bring(konsulto, value);
  if (konsulto === "hello") greet(origin, value);
  if (["open", "close"].includes(konsulto)) announce(konsulto);
}

function allowedSites() {
  return document.querySelector("meta[name=konsulto-sites]")?.getAttribute("content") ?? "";
}

/** @param {"resume" | "identity"} what @param {unknown} value */
function bring(what, value) {
  brought[what] = typeof value === "string" ? value : "";
  announce(what);
}

/** @param {string} origin @param {string} mode */
function greet(origin, mode) {
  host = origin;
  told = 0;
  document.documentElement.dataset.framed = mode === "inline" ? "inline" : "panel";
  send("ready", document.title);
  if (mode !== "inline") announce(mode === "panel" ? "open" : "close");
  announce("hello");
  measure();
}

/** @param {string} name */
function announce(name) {
  if (name === "open" || name === "close") shown = name === "open";
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
