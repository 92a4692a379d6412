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
const WHILE_PAYING = 5_000; // beside this page somebody may be paying
const A_DAY = 24 * 60 * 60_000; // whoever looks longer before is not too early, but looks it up
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
  if (appointment.at_once && !appointment.asks_birth_date) {
    drawNow(appointment);
    return;
  }
  for (const list of document.querySelectorAll("dl")) drawFacts(list, appointment);
  drawTimes(appointment);
  drawElsewhere(appointment);
  drawSaid(appointment);
  drawChange(appointment);
  drawPay(appointment);
  if (appointment.asks_birth_date) {
    view("who");
    return;
  }
  if (appointment.questionnaires) void asks(viewOf(appointment));
  void files(viewOf(appointment));
  void checks(viewOf(appointment) === "early" && appointment.mode === "video");
  drawDoor(appointment);
}

let hasLent = false;

/** Before the waiting room opens there is time to try the devices. @param {boolean} wanted */
async function checks(wanted) {
  if (!wanted && !hasLent) return;
  hasLent = wanted;
  const { giveBack, lend } = await import("./check.js");
  if (hasLent) lend(part("[data-checks]"));
  else giveBack();
}

/** What is not in our waiting room has no door: it stands until it is over. @param {any} appointment */
function viewOf({ door, mode }) {
  return isElsewhere(mode) && (door === "early" || door === "open") ? "elsewhere" : door;
}

/** @param {any} appointment */
function drawDoor(appointment) {
  const { opens_at: opens, closes_at: closes, now } = appointment;
  const name = viewOf(appointment);
  if (name === "early") lookAgain(name, Date.parse(opens) - Date.parse(now));
  else if (name === "open" || name === "elsewhere") lookAgain(name, Date.parse(closes) - Date.parse(now));
  else view(name);
}

/** Somebody waits in the room already. @param {any} appointment */
function drawNow({ door, practitioner, department, closes_at: closes, now, zone }) {
  fill(part("[data-view=now]"), {
    awaits: { values: { name: practitioner } },
    department: { text: department.text, lang: department.lang || null },
    until: { values: { time: clock({ zone }).time(closes) } },
  });
  if (door === "open") lookAgain("now", Date.parse(closes) - Date.parse(now));
  else view("over");
}

/** @type {{ look: () => Promise<void> } | undefined} */
let asked;

/** What the clinic asks before the visit; what is being filled in moves on with the view. @param {string} name */
async function asks(name) {
  const holder = document.querySelector(`[data-view=${name}] [data-asks]`);
  const place = part("#asks");
  if (!holder) return;
  if (place.parentElement !== holder) holder.append(place);
  if (asked) return void asked.look();
  const { questionnaires } = await import("/static/widgets-questionnaire/questionnaires.js");
  asked ??= questionnaires({ place, ask: (path, options) => visitor.ask(path, options), address: "/visit/questionnaires" });
}

/** @type {{ look: () => Promise<void> } | undefined} */
let attached;

/** What clinic and patient have for each other to read; it stands in every view. @param {string} name */
async function files(name) {
  const place = part("#files");
  const holder = /** @type {HTMLElement | null} */ (document.querySelector(`[data-files-at=${name}]`));
  if (!known.files && !attached) return;
  if (holder && place.parentElement !== holder) holder.append(place);
  if (holder) holder.hidden = false;
  if (attached) return void attached.look();
  const { attachments } = await import("/static/widgets-attachment/attachments.js");
  attached ??= attachments({ place, visitor });
}

let filesTold = 0;

/** The clinic may put something there while the patient waits or talks. @param {{ files: number }} state */
function told({ files: found }) {
  if (found === filesTold) return;
  filesTold = found;
  known.files = true;
  void files("room");
}

/** Not while something is being chosen. */
function looksByItself() {
  return shown === "early" || (known?.pay && (shown === "open" || shown === "elsewhere"));
}

/** @param {string} name @param {number} milliseconds */
function lookAgain(name, milliseconds) {
  view(name);
  const longest = known?.pay ? WHILE_PAYING : LONGEST;
  timer = setTimeout(() => void look(), Math.min(longest, Math.max(SHORTEST, milliseconds)));
}

/** @param {string} name */
function view(name) {
  if (name !== shown) show(name, { focus: shown !== undefined });
  shown = name;
}

/** @param {HTMLElement} list @param {any} appointment */
function drawFacts(list, { start, zone, practitioner, department, visit, price }) {
  const there = clock({ zone });
  const here = clock();
  const differs = there.moment(start) !== here.moment(start);
  const what = [visit?.text, price].filter(Boolean).join(" · ");
  fill(list, {
    what: Boolean(what),
    visit: what ? { text: what, lang: visit?.lang || null } : null,
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
  fill(part("#early-title"), { early: { when: Date.parse(opens) - Date.parse(now) > A_DAY ? "far" : "soon" } });
  say(part("[data-slot=closed]"), { time: there.moment(closes) });
  const moment = Date.parse(now);
  const when = moment < Date.parse(welcome) ? "ahead" : moment <= Date.parse(start) ? "on_time" : "late";
  part("[data-slot=arrival]").dataset.said = when === "late" ? "late" : "on_time";
  fill(part("[data-slot=arrival]"), { ours: { when, ...(when === "ahead" ? { values: { time: there.time(welcome) } } : {}) } });
}

/** By telephone or at the clinic: not in our waiting room. @param {string} mode */
function isElsewhere(mode) {
  return mode === "phone" || mode === "on_site";
}

/** @param {any} appointment */
function drawElsewhere({ mode, phone, place }) {
  part("[data-slot=closed]").hidden = isElsewhere(mode);
  if (!isElsewhere(mode)) return;
  fill(part("[data-view=elsewhere]"), {
    how: { when: mode },
    called: mode === "phone",
    call: phone ? { values: { phone } } : null,
    call_unknown: !phone,
    come: mode === "on_site",
    place: place && { text: place.text, lang: place.lang || null },
  });
}

/** @param {any} appointment */
function drawChange({ may_change: may, change_until: until, zone }) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=change]"))) {
    fill(place, { change: may, change_until: may ? { values: { time: clock({ zone }).moment(until) } } : null });
  }
}

/** @param {any} pay @param {string} zone */
function paySlots({ amount, link, first, until }, zone) {
  return {
    sum: { values: { amount } },
    first: first && !until,
    kept: until ? { values: { time: clock({ zone }).time(until) } } : null,
    go: { href: link },
    go_words: { values: { amount } },
  };
}

/** Who has to pay first finds the door shut until then; the payment page opens beside this one. @param {any} appointment */
function drawPay({ pay, paid, lapsed, zone }) {
  const slots = { pay: Boolean(pay), paid: paid ? { values: { receipt: paid } } : null, lapsed, ...(pay ? paySlots(pay, zone) : {}) };
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=pay], [data-slot=paid], [data-slot=lapsed]"))) fill(place, slots);
  for (const door of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view=open] [data-do=check-in], [data-slot=arrival]"))) door.hidden = Boolean(pay?.first);
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
  for (const place of document.querySelectorAll("[data-slot=lost], [data-slot=own_pages]")) fill(/** @type {HTMLElement} */ (place), { lost: mails, own_pages: mails });
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
  const from = part(`[data-view=${shown}]`);
  const failed = from.querySelector("[data-slot=failed]");
  failed.hidden = true;
  busy(from, true);
  if (known.at_once) visitor.remember({ entered: true }); // the turn has come already
  try {
    await enter(await visitor.ask("/visit/check-in", { body: {} }));
  } catch (error) {
    const refused = error instanceof Refused;
    fill(failed, { message: refused ? error.message : null, unreachable: !refused });
    failed.hidden = false;
    if (refused) void look();
  }
  busy(from, false);
}

/** @param {HTMLElement} from @param {boolean} is */
function busy(from, is) {
  const button = /** @type {any} */ (from.querySelector("[data-do=check-in]"));
  button.setAttribute("aria-busy", String(is));
  button.disabled = is;
  button.querySelector("[data-rest]").hidden = is;
  button.querySelector("[data-busy]").hidden = !is;
}

/** @param {any} state */
async function enter(state) {
  clearTimeout(timer);
  await checks(false);
  void files("room");
  shown = "waiting";
  const ticket = visitor.memory.ticket;
  const { waitingRoom } = await import("/static/widgets-walk_in/waiting.js");
  const forget = () => {
    visitor.forget();
    visitor.remember({ ticket });
  };
  waitingRoom({ visitor, state, again: () => void look({ again: true }), unknown: () => void look(), forget, told, byLink: true, framed: false, current: "/visit/current" });
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
  if (what === "pin") {
    const { requestPin } = await import("./pin.js");
    await requestPin(visitor.memory.ticket ?? "");
    return;
  }
  const { cancel, move } = await import("./change.js");
  const zone = known?.zone ?? "";
  const done = (/** @type {any} */ appointment, /** @type {boolean} */ moved) => {
    for (const name of ["early", "elsewhere"]) fill(part(`[data-view=${name}]`), { moved });
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
for (const button of document.querySelectorAll("[data-do=check-in]")) button.addEventListener("click", () => void checkIn());
part("[data-do=look]").addEventListener("click", () => void look());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && looksByItself() && void look());
addEventListener("hashchange", () => location.reload());

const given = ticketFromAddress();
if (given && given.ticket !== visitor.memory.ticket) visitor.forget();
if (given) visitor.remember(given);
if (visitor.memory.ticket) void look();
else view("missing");
