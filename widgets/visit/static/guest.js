/** The page of somebody invited beside the patient: says whether they can come in, and holds their side of the call. */
import { answersOf } from "/static/js/answers.js";
import { Refused } from "/static/js/ask.js";
import { connect } from "/static/js/connect.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part, show } from "/static/widgets-walk_in/views.js";
import { ticketFromAddress, Visitor } from "/static/widgets-walk_in/visitor.js";

const LONGEST = 2 * 60_000; // look again at least this often: a phone's timers stand still while it sleeps
const SHORTEST = 1_000;
const visitor = new Visitor({ address: "/visit/guest/session", key: "konsulto:guest", store: store() });
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {string | undefined} */
let shown;
/** @type {any} what the link is for, as it was last told */
let known;
/** @type {ReturnType<typeof connect> | undefined} */
let live;
/** @type {ReturnType<typeof import("/static/js/stage.js").stage> | undefined} */
let call;
let called = false;

/** Asks what the link is for, and again when that will have changed. */
async function look() {
  clearTimeout(timer);
  try {
    const { guest } = await visitor.look();
    if (!inOtherLanguage(guest)) draw(guest);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) view("unknown");
    else {
      view("unreachable");
      lookAgain(5_000);
    }
  }
}

/** The person's language counts, unless the address asks for another. @param {any} guest */
function inOtherLanguage({ locale }) {
  if (new URLSearchParams(location.search).has("lang") || locale === document.documentElement.lang) return false;
  location.replace(`/visit/guest?lang=${locale}#${visitor.memory.ticket}`);
  return true;
}

/** @param {any} guest */
function draw(guest) {
  known = guest;
  clearTimeout(timer);
  drawClinic(guest.clinic);
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-facts]"))) drawFacts(list, guest);
  drawMessage(guest);
  if (guest.asks_birth_date) view("who");
  else if (guest.entrance === "open" && visitor.memory.entered) view("room");
  else view(guest.entrance);
  if (guest.entrance === "early") lookAgain(Date.parse(guest.opens_at) - Date.parse(guest.now));
  if (["waiting", "open"].includes(guest.entrance) && visitor.memory.token) begin();
  void hold(shown === "room");
}

/** @param {number} milliseconds */
function lookAgain(milliseconds) {
  timer = setTimeout(() => void look(), Math.min(LONGEST, Math.max(SHORTEST, milliseconds)));
}

/** @param {string} name */
function view(name) {
  if (name !== shown) show(name, { focus: shown !== undefined });
  shown = name;
}

/** @param {HTMLElement} list @param {any} guest */
function drawFacts(list, { start, zone, practitioner, department, patient }) {
  const there = clock({ zone });
  const here = clock();
  const differs = there.moment(start) !== here.moment(start);
  fill(list, {
    when: `${there.day(start)}, ${there.time(start)}`,
    own_time: differs ? { values: { time: here.moment(start) } } : null,
    practitioner,
    department: { text: department.text, lang: department.lang || null },
    for_whom: Boolean(patient),
    patient: patient || null,
  });
}

/** @param {any} guest */
function drawMessage({ message, opens_at: opens, now, zone }) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-slot=message]:has([data-slot=message_text])"))) {
    fill(place, { message: Boolean(message), message_text: message || null });
  }
  if (!opens) return;
  const there = clock({ zone });
  const today = there.isoDate(opens) === there.isoDate(now);
  say(part("[data-slot=opens]"), { time: today ? there.time(opens) : there.moment(opens) });
}

/** @param {any} clinic */
function drawClinic({ name, phone, privacy_url: privacy, brand }) {
  document.documentElement.style.setProperty("--brand", brand);
  part("#clinic").textContent = name.text;
  part("#clinic").lang = name.lang;
  fill(part("#foot"), { phone: Boolean(phone), privacy: Boolean(privacy), privacy_link: privacy ? { href: privacy } : null });
  part("#foot").hidden = false;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-phone]"))) {
    link.href = `tel:${phone.replaceAll(" ", "")}`;
    link.textContent = phone;
    link.hidden = !phone;
  }
}

/** From now on the server says by itself what changes. */
function begin() {
  if (live) return;
  live = connect({
    namespace: "/guest",
    auth: async () => ({ token: await visitor.token(), locale: document.documentElement.lang }),
    onState: (state) => drawLink(state),
    onRefused: async (error) => {
      if (/** @type {any} */ (error).data?.error === "session_expired") await visitor.renew().catch(() => {});
    },
  }).on("state", ({ guest }) => draw(guest));
  live.follow(follower);
}

/** @type {import("/static/js/connect.js").Follower} */
const follower = {
  catchUp: async () => {
    const answer = await live?.request("look");
    if (answer) draw(answer.guest);
  },
};

/** @param {import("/static/js/connect.js").State} state */
function drawLink(state) {
  const lost = state !== "online";
  fill(part("[data-view=waiting]"), { beat: { when: lost ? "lost" : "online" } });
  fill(part("#call"), { lost: lost && shown === "room" });
}

/** Picture and sound, for as long as this person is in the room. @param {boolean} wanted */
async function hold(wanted) {
  if (wanted === called) return;
  called = wanted;
  if (!wanted) {
    call?.close();
    call = undefined;
    return;
  }
  const { stage } = await import("/static/js/stage.js").catch(() => ({ stage: undefined }));
  if (!stage) called = false; // the server is away: again with the next news
  if (!called || !stage || !live) return;
  call = stage({ root: part("#call"), live, room: known.room, visit: known.visit, camera: !visitor.memory.unseen, store: visitor.store });
  await call.open();
}

/** @param {boolean} unseen */
function enter(unseen) {
  visitor.remember({ entered: true, unseen });
  draw(known);
}

/** The way back stays open. */
async function leave() {
  visitor.remember({ entered: undefined });
  draw(known);
  const answer = await live?.request("leave").catch(() => undefined); // whoever is cut off has gone anyway
  if (answer) draw(answer.guest);
}

sendsInPlace(part("#who"), {
  send: (values) => visitor.look({ patient: { birth_date: answersOf(values).patient.birth_date } }),
  done: ({ guest }) => draw(guest),
});
part("[data-do=enter]").addEventListener("click", () => enter(false));
part("[data-do=enter-unseen]").addEventListener("click", () => enter(true));
part("[data-do=leave]").addEventListener("click", () => void leave());
part("[data-do=look]").addEventListener("click", () => void look());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && shown === "early" && void look());
addEventListener("hashchange", () => location.reload());

const given = ticketFromAddress();
if (given && given.ticket !== visitor.memory.ticket) visitor.forget();
if (given) visitor.remember(given);
if (visitor.memory.ticket) void look();
else view("missing");
