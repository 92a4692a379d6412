/** The patient's own pages: asks for a PIN, comes in with it, shows what the server draws. Nothing is kept but a token. */
import { ask, Refused, Unreachable } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

const KEY = "konsulto:portal";
const kept = store();
const durable = store(() => localStorage); // of a device that a code has let in
/** @type {{ ticket?: string, token?: string, device?: boolean }} */
let memory = kept.get(KEY) ?? durable.get(KEY) ?? {};
let attempt = clientId(); // one for a PIN, however often its answer is lost
/** @type {string | undefined} */
let shown;

/** @param {typeof memory} news */
function remember(news) {
  memory = { ...memory, ...news };
  kept.set(KEY, memory);
  if (memory.device) durable.set(KEY, memory);
}

/** @param {string} selector @returns {any} an element that the server's HTML always has */
function part(selector) {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`no ${selector}`);
  return element;
}

/** @param {string} name */
function view(name) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))) place.hidden = place.dataset.view !== name;
  if (shown !== undefined && shown !== name) part(`[data-view=${name}] h1`).focus();
  part("#sign-out").hidden = !["pages", "talk", "group", "invitation"].includes(name);
  shown = name;
}

/** Whose door it is. @param {string} how "asked": a PIN is on its way already, "ask": have one sent, "device": let this one in */
async function look(how) {
  view("loading");
  try {
    const clinic = await ask("/portal/door", { body: { ticket: memory.ticket, locale: wish() } });
    if (inOtherLanguage(clinic, how)) return;
    drawClinic(clinic);
    if (memory.token) await comeBack();
    else if (how === "ask" && clinic.mails) await askForPin();
    else if (how === "asked") toPin(true);
    else view(how === "device" ? "device" : "door");
  } catch (error) {
    failed(error);
  }
}

/** The language that the address asks for; else the patient's own. */
function wish() {
  return new URLSearchParams(location.search).get("lang") ?? "";
}

async function comeBack() {
  if (memory.device) remember({ token: (await askAsPatient("/portal/renew", { body: {} })).token });
  await inside();
}

/** The link of a mail asks by itself. */
async function askForPin() {
  await ask("/portal/pin", { body: { ticket: memory.ticket, locale: document.documentElement.lang } });
  toPin(true);
}

/** @param {any} clinic @param {string} how */
function inOtherLanguage({ locale }, how) {
  if (wish() || locale === document.documentElement.lang) return false;
  location.replace(`/portal/?lang=${locale}#${how ? `${how}=` : ""}${memory.ticket}`);
  return true;
}

/** @param {any} clinic */
function drawClinic({ name, name_lang: lang, phone, emergency_number: emergency, privacy_url: privacy, brand, mails, works }) {
  document.documentElement.style.setProperty("--brand", brand);
  part("#clinic").textContent = name;
  if (lang) part("#clinic").lang = lang;
  fill(part("[data-view=door]"), { may_ask: mails, no_mails: !mails });
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=works]"))) say(place, { time: works });
  const privacyLink = privacy ? { href: privacy } : null;
  fill(part("#foot"), { phone: Boolean(phone), emergency: Boolean(emergency), privacy: Boolean(privacy), privacy_link: privacyLink });
  const call = part("[data-slot=emergency_call]");
  say(call, { number: emergency });
  call.href = `tel:${emergency}`;
  part("#foot").hidden = false;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-phone]"))) {
    link.href = `tel:${phone.replaceAll(" ", "")}`;
    link.textContent = phone;
    link.hidden = !phone;
  }
}

/** @param {boolean} sent */
function toPin(sent) {
  attempt = clientId();
  fill(part("[data-view=pin]"), { sent });
  view("pin");
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof Refused && error.status === 401) signedOut();
  else if (error instanceof Refused && error.status === 404) view("unknown");
  else if (error instanceof Refused || error instanceof Unreachable) view("unreachable");
  else throw error;
}

function signedOut() {
  memory = { ticket: memory.ticket };
  durable.remove(KEY);
  remember({});
  written?.close();
  written = undefined;
  grouped?.close();
  grouped = undefined;
  part("[data-log]").replaceChildren();
  part("#letters").hidden = true;
  for (const place of ["#appointments", "#asks", "#looked"]) part(place).replaceChildren();
  part("#looks").open = false;
  asked = undefined;
  fill(part("[data-view=door]"), { out: true });
  view("door");
}

/** As the patient who is in; whoever is not any more is told so. @param {string} path @param {Parameters<typeof ask>[1]} [options] */
async function askAsPatient(path, options) {
  try {
    return await ask(path, { ...options, token: memory.token });
  } catch (error) {
    if (error instanceof Refused && error.status === 401) signedOut();
    throw error;
  }
}

/** @type {{ look: () => Promise<void> } | undefined} */
let asked;

async function inside() {
  const { page } = await askAsPatient("/portal/appointments");
  put("#appointments", page);
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (part("#appointments").querySelectorAll(".kp-facts"))) ownTime(item);
  if (!["talk", "group", "invitation"].includes(shown ?? "")) view("pages");
  await letters();
  if (asked) return void asked.look();
  const { questionnaires } = await import("/static/widgets-questionnaire/questionnaires.js");
  asked = questionnaires({ place: part("#asks"), ask: askAsPatient, address: "/portal/questionnaires" });
}

/** @type {import("./messages.js").Messages | undefined} */
let written;
/** @type {import("./chat_groups.js").ChatGroups | undefined} */
let grouped;

/** Messages come live; they stand first where there are any. */
async function letters() {
  if (written) return;
  const [{ messages }, { ChatGroups }] = await Promise.all([import("./messages.js"), import("./chat_groups.js")]);
  written = messages({ token: () => memory.token ?? "", view, failed, store: kept, onState: (state) => grouped?.offline(state === "offline") });
  grouped = new ChatGroups({ connection: written.connection, view, store: kept });
}

/** @param {string} selector @param {string} page */
function put(selector, page) {
  part(selector).replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
}

/** Where the patient's clock shows another time than the clinic's. @param {HTMLElement} item */
function ownTime(item) {
  const told = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
  const here = clock().moment(told.dateTime);
  const differs = here !== clock({ zone: told.dataset.zone }).moment(told.dateTime);
  fill(item, { own_time: differs ? { values: { time: here } } : null });
}

/** @param {string} uid */
async function toCalendar(uid) {
  const response = await fetch(`/portal/appointments/${encodeURIComponent(uid)}/calendar`, { headers: { Authorization: `Bearer ${memory.token}` } });
  if (response.status === 401) {
    signedOut();
    return;
  }
  fill(part("[data-view=pages]"), { failed: !response.ok });
  if (!response.ok) return;
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await response.blob()), download: "appointment.ics" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function looked() {
  if (!part("#looks").open) return;
  try {
    put("#looked", (await askAsPatient("/portal/looks")).page);
  } catch (error) {
    fill(part("[data-view=pages]"), { failed: !(error instanceof Refused && error.status === 401) });
  }
}

async function signOut() {
  try {
    await askAsPatient("/portal/sign-out", { body: {} });
    signedOut();
  } catch (error) {
    fill(part("[data-view=pages]"), { failed: !(error instanceof Refused && error.status === 401) });
  }
}

/** What the address carries behind the #, taken out of it where this tab remembers. */
function fromAddress() {
  const [, how = "", ticket] = /^#(?:(asked|ask|device)=)?([\w-]{20,})$/.exec(location.hash) ?? [];
  if (!ticket) return { how: "" };
  if (ticket !== memory.ticket) memory = { ticket };
  remember({});
  if (kept.get(KEY)?.ticket) history.replaceState(null, "", location.pathname + location.search);
  return { how };
}

sendsInPlace(part("#ask"), {
  send: () => ask("/portal/pin", { body: { ticket: memory.ticket, locale: document.documentElement.lang } }),
  done: () => toPin(true),
});
sendsInPlace(part("#enter"), {
  send: (values) => ask("/portal/session", { body: { ticket: memory.ticket, locale: document.documentElement.lang, pin: String(values.get("pin") ?? ""), client_id: attempt } }),
  done: ({ token }) => {
    remember({ token });
    part("#enter").reset();
    fill(part("[data-view=door]"), { out: false });
    inside().catch(failed);
  },
});

sendsInPlace(part("#device"), {
  send: () => ask("/portal/device", { body: { ticket: memory.ticket, locale: document.documentElement.lang, client_id: attempt } }),
  done: ({ token }) => {
    remember({ token, device: true });
    inside().catch(failed);
  },
});

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const { calendar } = /** @type {HTMLElement | null} */ (target.closest("[data-calendar]"))?.dataset ?? {};
  if (calendar) toCalendar(calendar).catch(() => fill(part("[data-view=pages]"), { failed: true }));
  const { do: act } = /** @type {HTMLElement | null} */ (target.closest("[data-do]"))?.dataset ?? {};
  if (act === "have") toPin(false);
  else if (act === "again") view("door");
  else if (act === "look") void look("");
  else if (act === "pages") view("pages");
});
part("#sign-out").addEventListener("click", () => void signOut());
part("#looks").addEventListener("toggle", () => void looked());
addEventListener("hashchange", () => location.reload());

const given = fromAddress();
if (memory.ticket) void look(given.how);
else view("missing");
