/** The page behind an appointment's link: asks what the link is for, opens by itself when the time comes, lets in. */
import { answersOf } from "/static/js/answers.js";
import { Refused } from "/static/js/ask.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part, show } from "/static/widgets-walk_in/views.js";
import { ticketFromAddress, Visitor } from "/static/widgets-walk_in/visitor.js";

const LONGEST = 2 * 60_000; // look again at least this often: a phone's timers stand still while it sleeps, and it may get late
const SHORTEST = 1_000;
const inMinutes = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
const visitor = new Visitor({ address: "/visit/session", key: "konsulto:visit", store: store() });
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {string | undefined} */
let shown;
/** @type {any} what the link is for, as it was last told */
let known;
let asksForLinks = false;

/** Asks what the link is for, and again when that will have changed. @param {{ again?: boolean }} [how] to come in again */
async function look({ again = false } = {}) {
  clearTimeout(timer);
  try {
    const { appointment } = await visitor.look();
    if (!inOtherLanguage(appointment)) await draw(appointment, again);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) view("unknown");
    else lookAgain("unreachable", 5_000);
  }
}

/** The appointment's language counts, unless the address asks for another. @param {any} appointment */
function inOtherLanguage({ locale }) {
  if (new URLSearchParams(location.search).has("lang") || locale === document.documentElement.lang) return false;
  location.replace(`/visit?lang=${locale}#${visitor.memory.ticket}`);
  return true;
}

/** @param {any} appointment @param {boolean} again after the end of an earlier visit */
async function draw(appointment, again) {
  known = appointment;
  drawClinic(appointment.clinic);
  if (appointment.inside || (appointment.ended && !again)) {
    await enter(await visitor.ask("/visit/current"));
    return;
  }
  for (const list of document.querySelectorAll("dl")) drawFacts(list, appointment);
  drawTimes(appointment);
  drawSaid(appointment);
  drawChange(appointment);
  if (appointment.asks_birth_date) {
    view("who");
    return;
  }
  if (appointment.door === "early") lookAgain("early", Date.parse(appointment.opens_at) - Date.parse(appointment.now));
  else if (appointment.door === "open") lookAgain("open", Date.parse(appointment.closes_at) - Date.parse(appointment.now));
  else view(appointment.door);
}

/** @param {string} name @param {number} milliseconds */
function lookAgain(name, milliseconds) {
  view(name);
  timer = setTimeout(() => void look(), Math.min(LONGEST, Math.max(SHORTEST, milliseconds)));
}

/** @param {string} name */
function view(name) {
  if (name !== shown) show(name, { focus: shown !== undefined });
  shown = name;
}

/** @param {HTMLElement} list @param {any} appointment */
function drawFacts(list, { start, zone, practitioner, department }) {
  const there = clock({ zone });
  const here = clock();
  const differs = there.moment(start) !== here.moment(start);
  fill(list, {
    when: `${there.day(start)}, ${there.time(start)}`,
    own_time: differs ? { values: { time: here.moment(start) } } : null,
    practitioner,
    department: { text: department.text, lang: department.lang || null },
  });
}

/** @param {any} appointment */
function drawTimes({ start, opens_at: opens, closes_at: closes, welcome_from: welcome, now, zone }) {
  const there = clock({ zone });
  const today = there.isoDate(opens) === there.isoDate(now);
  say(part("[data-slot=opens]"), { time: today ? there.time(opens) : there.moment(opens) });
  say(part("[data-slot=closed]"), { time: there.moment(closes) });
  const moment = Date.parse(now);
  const when = moment < Date.parse(welcome) ? "ahead" : moment <= Date.parse(start) ? "on_time" : "late";
  part("[data-slot=arrival]").dataset.said = when === "late" ? "late" : "on_time";
  fill(part("[data-slot=arrival]"), { ours: { when, ...(when === "ahead" ? { values: { time: there.time(welcome) } } : {}) } });
}

/** @param {any} appointment */
function drawChange({ may_change: may, change_until: until, zone }) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=change]"))) {
    fill(place, { change: may, change_until: may ? { values: { time: clock({ zone }).moment(until) } } : null });
  }
}

/** The clinic's own words stand in the place of ours. @param {any} appointment */
function drawSaid({ said, minutes_late: late, practitioner, message }) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=message]:has([data-slot=message_text])"))) {
    fill(place, { message: Boolean(message), message_text: message || null });
  }
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-said]"))) {
    const own = said[place.dataset.said ?? ""];
    fill(place, { own: own && { text: own.text, lang: own.lang || null }, ours: !own });
  }
  const delay = late ? { values: { name: practitioner, minutes: inMinutes.format(late) } } : null;
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=delay]"))) {
    fill(place, { delay: Boolean(delay), how_late: delay });
  }
}

/** @param {any} clinic */
function drawClinic({ name, phone, emergency_number: emergency, privacy_url: privacy, brand, mails }) {
  for (const place of document.querySelectorAll("[data-slot=lost]")) fill(/** @type {HTMLElement} */ (place), { lost: mails });
  document.documentElement.style.setProperty("--brand", brand);
  part("#clinic").textContent = name.text;
  part("#clinic").lang = name.lang;
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

async function checkIn() {
  const failed = part("#check-in-failed");
  failed.hidden = true;
  busy(true);
  try {
    await enter(await visitor.ask("/visit/check-in", { body: {} }));
  } catch (error) {
    const refused = error instanceof Refused;
    fill(failed, { message: refused ? error.message : null, unreachable: !refused });
    failed.hidden = false;
    if (refused) void look();
  }
  busy(false);
}

/** @param {boolean} is */
function busy(is) {
  const button = part("[data-do=check-in]");
  button.setAttribute("aria-busy", String(is));
  button.disabled = is;
  button.querySelector("[data-rest]").hidden = is;
  button.querySelector("[data-busy]").hidden = !is;
}

/** @param {any} state */
async function enter(state) {
  clearTimeout(timer);
  shown = "waiting";
  const ticket = visitor.memory.ticket;
  const { waitingRoom } = await import("/static/widgets-walk_in/waiting.js");
  const forget = () => {
    visitor.forget();
    visitor.remember({ ticket });
  };
  waitingRoom({ visitor, state, again: () => void look({ again: true }), unknown: () => void look(), forget, byLink: true, framed: false, current: "/visit/current" });
}

document.addEventListener("click", (event) => {
  const wanted = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-change]"));
  if (wanted) void change(wanted.dataset.change ?? "");
});

/** Moving and cancelling, fetched when somebody wants to. @param {string} what */
async function change(what) {
  if (what === "keep") {
    void look();
    return;
  }
  clearTimeout(timer); // what is being chosen stays
  if (what === "lost") {
    view("lost");
    const { newLink } = await import("./new_link.js");
    if (!asksForLinks) newLink({ ticket: visitor.memory.ticket });
    asksForLinks = true;
    return;
  }
  const { cancel, move } = await import("./change.js");
  const zone = known?.zone ?? "";
  const done = (/** @type {any} */ appointment, /** @type {boolean} */ moved) => {
    fill(part("[data-view=early]"), { moved });
    void draw(appointment, false);
  };
  if (what === "cancel") cancel({ visitor, zone, done });
  else if (what === "move") {
    view("move");
    move({ visitor, zone, done });
  }
}

sendsInPlace(part("#who"), {
  send: (values) => visitor.look({ patient: { birth_date: answersOf(values).patient.birth_date } }),
  done: ({ appointment }) => void draw(appointment, false),
});
part("[data-do=check-in]").addEventListener("click", () => void checkIn());
part("[data-do=look]").addEventListener("click", () => void look());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && shown === "early" && void look());
addEventListener("hashchange", () => location.reload());

const given = ticketFromAddress();
if (given && given.ticket !== visitor.memory.ticket) visitor.forget();
if (given) visitor.remember(given);
if (visitor.memory.ticket) void look();
else view("missing");
