/** The waiting room's page: one list, the same on every desk, that never jumps while somebody points at it. */
import { Stream } from "/static/js/stream.js";
import { clientId } from "/static/js/client_id.js";
import { clone, fill } from "/static/js/template.js";
import { minutesBetween } from "/static/js/time.js";
import "/static/desk/announcements.js";
import { dialog, live, now, perform, setNow, soon, times } from "/static/desk/desk.js";
import { Talk } from "/static/desk/talk.js";
import { offerDelays, runLate } from "/static/desk/delay.js";
import { passOn } from "/static/desk/transfer.js";

/**
 * @typedef {object} Visit a row as the server tells it; moments are ISO texts in UTC
 * @property {number} id
 * @property {number} seq
 * @property {boolean} [gone]
 * @property {string} uid
 * @property {string} name
 * @property {string | null} birth_date
 * @property {"waiting" | "on_hold" | "admitted" | "ended"} status
 * @property {string | null} end_reason
 * @property {string} punctuality
 * @property {boolean} connected
 * @property {boolean} awaited the consultation has begun without the patient
 * @property {boolean} locked
 * @property {string | null} transferred_by
 * @property {string} note of whoever passed the patient on
 * @property {{ until: string, called_at: string | null } | null} elsewhere of a patient who waits without the page
 * @property {string} reason
 * @property {"open" | "filled" | null} questionnaires whether all that was asked in writing is answered
 * @property {Record<"camera" | "microphone" | "speaker" | "network" | "bandwidth", string | null>} devices as the patient has checked them
 * @property {string} browser name and major version
 * @property {number} conversation_id
 * @property {number} department_id
 * @property {string} department
 * @property {string | null} practitioner
 * @property {string | null} admitted_by
 * @property {string | null} acknowledged_by who was first to see that they are there
 * @property {string} arrived_at
 * @property {string | null} planned_start
 * @property {string} seen_at
 * @property {Standing} [talk]
 *
 * @typedef {{ id: number, seq: number, messages: number, last: string | null, unread: number }} Standing
 */

const LONG_WAIT = 30; // minutes
const SOME_WAIT = 10;
const ORDER = ["waiting", "on_hold", "admitted"];
const EDGES = { walk_in: "is-walk-in", on_time: "is-on-time", early: "is-early", late: "is-late", lost: "is-waiting", elsewhere: "is-early", on_hold: "is-on-hold", admitted: "is-seen", awaited: "is-late", ended: "" };

/** @type {Map<number, Visit>} */
const visits = new Map();
/** @type {Map<number, Standing>} */
const talks = new Map();
const table = element("people");
const list = /** @type {HTMLElement} */ (table.querySelector("tbody"));
const search = /** @type {HTMLInputElement} */ (element("search"));
const order = /** @type {HTMLSelectElement} */ (element("order"));
const department = /** @type {HTMLSelectElement | null} */ (document.getElementById("department"));
let filter = "all";
let pointed = false;
let loaded = false;
/** @type {Visit[] | undefined} those that have ended today, while they are looked at */
let ended;

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const draw = soon(render);

/** @type {Stream<Visit>} */
const stream = new Stream({
  page: async (after) => {
    const page = await live.request("waiting_room", { after });
    setNow(page.now);
    setSwitch(page.walk_ins);
    loaded = loaded || !page.more;
    draw();
    return page;
  },
  apply(visit) {
    if (visit.gone) visits.delete(visit.id);
    else visits.set(visit.id, visit);
    if (visit.gone && ended) lookAtEnded();
    if (visit.talk) stand(visit.talk);
    draw();
  },
});
/** @type {Stream<Standing>} */
const standings = new Stream({
  page: (after) => live.request("waiting_talks", { after }),
  apply: stand,
});

/** A talk is told of with its visit and by itself: the newest counts. @param {Standing} standing */
function stand(standing) {
  if ((talks.get(standing.id)?.seq ?? -1) > standing.seq) return;
  talks.set(standing.id, standing);
  draw();
}

live.on("visit", (visit) => stream.receive(visit));
live.on("visit_talk", (standing) => standings.receive(standing));
live.follow(stream);
live.follow(standings);
setInterval(draw, 10_000);

/** @param {Visit} visit what its badge says */
function stateOf(visit) {
  if (visit.awaited) return "awaited";
  if (visit.status !== "waiting") return visit.status;
  if (visit.elsewhere) return "elsewhere";
  return visit.connected ? visit.punctuality : "lost";
}

/** @param {Visit} a @param {Visit} b */
function byArrival(a, b) {
  return a.arrived_at.localeCompare(b.arrived_at) || a.id - b.id;
}

/** @type {Record<string, (a: Visit, b: Visit) => number>} */
const ORDERS = {
  turn: (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || byArrival(a, b),
  waited: byArrival,
  planned: (a, b) => (a.planned_start ?? "~").localeCompare(b.planned_start ?? "~") || byArrival(a, b),
  name: (a, b) => a.name.localeCompare(b.name) || byArrival(a, b),
};

function inDepartment() {
  const wanted = Number(department?.value ?? 0);
  return (filter === "ended" ? (ended ?? []) : [...visits.values()]).filter((visit) => !wanted || visit.department_id === wanted);
}

/** @param {Visit} visit */
function fits(visit) {
  const text = search.value.trim().toLocaleLowerCase();
  const where = [visit.name, visit.birth_date ?? "", birthDate(visit)].join(" ").toLocaleLowerCase();
  return (filter === "all" || visit.status === filter) && where.includes(text);
}

function listed() {
  const found = inDepartment().filter(fits);
  return filter === "ended" ? found : found.sort(ORDERS[order.value]);
}

function render() {
  const wanted = listed();
  const held = pointed || list.contains(document.activeElement);
  if (held) update(wanted);
  else arrange(wanted);
  showNumbers();
  element("loading").hidden = loaded;
  table.hidden = !loaded || (!wanted.length && !list.children.length);
  element("beat").hidden = table.hidden;
  showEmptiness(wanted);
}

/** Why nobody is listed. @param {Visit[]} wanted */
function showEmptiness(wanted) {
  const every = filter === "ended" ? ended : [...visits.values()];
  const none = loaded && every?.length === 0;
  element("nobody").hidden = !none || filter === "ended";
  element("none-ended").hidden = !none || filter !== "ended";
  element("none-found").hidden = !loaded || !every?.length || wanted.length > 0;
}

/** Someone reads here: rows change in their places, none comes or goes. @param {Visit[]} wanted */
function update(wanted) {
  const rows = shownRows();
  const first = firstInLine(wanted);
  for (const [id, row] of rows) {
    const visit = known(id);
    row.classList.toggle("desk-left", !visit);
    if (visit) put(row, visit, first);
    else for (const button of row.querySelectorAll("button")) button.disabled = true;
  }
  offer(wanted.filter((visit) => !rows.has(visit.id)).length);
}

/** @param {number} id */
function known(id) {
  return filter === "ended" ? ended?.find((visit) => visit.id === id) : visits.get(id);
}

/** @param {Visit[]} wanted */
function arrange(wanted) {
  const rows = shownRows();
  const first = firstInLine(wanted);
  let place = list.firstElementChild;
  for (const visit of wanted) {
    const row = rows.get(visit.id) ?? newRow(visit);
    rows.delete(visit.id);
    put(row, visit, first);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of rows.values()) row.remove();
  offer(0);
}

/** @returns {Map<number, HTMLElement>} */
function shownRows() {
  return new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((row) => [Number(row.dataset.id), row]));
}

/** @param {Visit} visit */
function newRow(visit) {
  const row = clone("person");
  row.dataset.id = String(visit.id);
  if (loaded && list.children.length) row.classList.add("k-arrived");
  return row;
}

/** @param {Visit[]} wanted @returns {number | undefined} whose turn it is */
function firstInLine(wanted) {
  return wanted.find((visit) => visit.status === "waiting")?.id;
}

/** @param {HTMLElement} row @param {Visit} visit @param {number | undefined} first */
function put(row, visit, first) {
  const state = stateOf(visit);
  for (const edge of Object.values(EDGES)) if (edge) row.classList.toggle(edge, edge === EDGES[/** @type {keyof EDGES} */ (state)]);
  fill(row, { ...facts(visit, state), ...standingOf(visit), ...actions(visit, first) });
}

/** @param {Visit} visit @param {string} state */
function facts(visit, state) {
  const minutes = minutesBetween(visit.arrived_at, now());
  return {
    name: visit.name,
    birth_date: birthDate(visit),
    state: { when: state, class: `k-badge ${EDGES[/** @type {keyof EDGES} */ (state)]}` },
    more: moreOf(visit, state),
    locked_with: { values: { name: visit.admitted_by } },
    seen: seenBy(visit),
    for: wish(visit),
    reason: visit.reason || null,
    questionnaires: visit.questionnaires ? { when: visit.questionnaires } : null,
    passed: Boolean(visit.transferred_by) && visit.status !== "ended",
    passed_by: { values: { name: visit.transferred_by } },
    note: visit.note ? `: ${visit.note}` : null,
    ...devicesOf(visit),
    ...waitOf(visit, minutes),
  };
}

/** How long, the darker the longer. @param {Visit} visit @param {number} minutes */
function waitOf({ status }, minutes) {
  const waits = status === "waiting" || status === "on_hold";
  const shade = minutes >= LONG_WAIT ? "k-wait k-wait--long" : minutes >= SOME_WAIT ? "k-wait" : "";
  return { waited: waits ? { text: times.minutes(minutes), class: shade } : null, waited_long: waits && minutes >= LONG_WAIT };
}

/** @param {Visit} visit @param {string} state */
function moreOf(visit, state) {
  if (state === "ended") return { when: `end_${visit.end_reason}` };
  if (visit.locked) return { when: "locked" };
  if (state === "lost") return { when: "lost", values: { time: times.time(visit.seen_at) } };
  if (state === "admitted" && visit.elsewhere) return { when: "admitted_away", values: { name: visit.admitted_by } };
  if (visit.elsewhere?.called_at) return { when: "called", values: { time: times.time(visit.elsewhere.called_at) } };
  if (visit.elsewhere) return { when: "elsewhere", values: { time: times.time(visit.elsewhere.until) } };
  return state === "admitted" ? { when: "admitted", values: { name: visit.admitted_by } } : null;
}

/** @param {Visit} visit */
function seenBy(visit) {
  if (visit.status !== "waiting") return null;
  return visit.acknowledged_by ? { when: "seen", values: { name: visit.acknowledged_by } } : { when: "unseen" };
}

/** @param {Visit} visit */
function wish(visit) {
  if (!visit.practitioner) return { when: "anyone", values: { department: visit.department } };
  if (!visit.planned_start) return { when: "person", values: { name: visit.practitioner } };
  return { when: "planned", values: { name: visit.practitioner, time: times.time(visit.planned_start) } };
}

/** @param {Visit} visit */
function birthDate(visit) {
  // A date has no zone: noon keeps it on its day everywhere.
  return visit.birth_date ? times.date(`${visit.birth_date}T12:00:00Z`) : "";
}

/** How many messages, who wrote last. @param {Visit} visit */
function standingOf(visit) {
  const standing = talks.get(visit.id);
  if (!standing?.messages) return { talk: null, no_talk: true };
  const colour = standing.last === "patient" ? "is-waiting" : "is-early";
  return {
    talk: { class: `k-count ${colour}` },
    no_talk: false,
    messages: standing.messages,
    last: { when: standing.last ?? "system" },
  };
}

/** @param {Visit} visit @param {number | undefined} first */
function actions(visit, first) {
  const inside = visit.status === "admitted" || visit.status === "ended";
  return {
    more_button: visit.status !== "ended",
    admit: inside ? null : { class: `k-btn k-btn--small${visit.id === first ? " k-btn--primary" : ""}` },
    admit_words: { when: visit.status },
    admit_name: visit.name,
    open: inside ? { href: `/desk/visit/${visit.uid}` } : null,
    open_name: visit.name,
    more_name: visit.name,
  };
}

function showNumbers() {
  const all = [...visits.values()].filter((visit) => !Number(department?.value) || visit.department_id === Number(department?.value));
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-of]"))) {
    const { of } = place.dataset;
    place.textContent = loaded ? String(all.filter((visit) => of === "all" || visit.status === of).length) : "";
  }
}

/** @param {number} count rows that are held back */
function offer(count) {
  const button = element("new");
  button.hidden = count === 0;
  fill(button, { line: { values: { n: count } } });
}

element("new").addEventListener("click", () => {
  pointed = false;
  arrange(listed());
});
list.addEventListener("pointerenter", (event) => (pointed = event.pointerType === "mouse"));
list.addEventListener("pointerleave", () => release(false));
list.addEventListener("focusout", () => release(pointed));

/** @param {boolean} still */
function release(still) {
  pointed = still;
  draw();
}

/* Filters */
element("filters").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button) choose(button.dataset.show ?? "all");
});
search.addEventListener("input", () => arrangeNow());
order.addEventListener("change", () => arrangeNow());
department?.addEventListener("change", () => arrangeNow());
element("clear").addEventListener("click", () => {
  search.value = "";
  if (department) department.value = "";
  choose("all");
});

/** @param {string} wanted */
function choose(wanted) {
  filter = wanted;
  order.disabled = filter === "ended";
  ended = undefined;
  if (filter === "ended") void readEnded();
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (element("filters").querySelectorAll("button"))) {
    button.setAttribute("aria-pressed", String(button.dataset.show === wanted));
  }
  arrangeNow();
}

const lookAtEnded = soon(readEnded, 300);

async function readEnded() {
  const answer = await perform("ended", {});
  if (!answer || filter !== "ended") return;
  ended = answer.items;
  arrangeNow();
}

function arrangeNow() {
  pointed = false;
  render();
}

/* Acting on one person */
/** @type {Visit | undefined} */
let chosen;

/** @type {Record<string, (visit: Visit) => unknown>} */
const acts = {
  admit: (visit) => ("confirmEntry" in document.body.dataset ? confirmEntry(visit) : admit(visit)),
  more: openMenu,
  talk: openTalk,
  call_back: (visit) => perform("call_back", { id: visit.id }),
  hold: (visit) => perform("hold", { id: visit.id }),
  send_back: (visit) => perform("send_back", { id: visit.id }),
  transfer: (visit) => passOn(visit),
  decline: (visit) => {
    fill(dialog("decline"), { title: { values: { name: visit.name } } });
    open("decline");
  },
  remove: (visit) => {
    fill(dialog("remove"), { title: { values: { name: visit.name } } });
    open("remove");
  },
};

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
  if (!(button instanceof HTMLElement)) return;
  const row = /** @type {HTMLElement | null} */ (button.closest("tr"));
  chosen = row ? known(Number(row.dataset.id)) : chosen;
  if (button.closest("#more")) dialog("more").close();
  if (chosen) acts[button.dataset.act ?? ""](chosen);
});

/** @param {string} id */
function open(id) {
  const opened = dialog(id);
  opened.returnValue = "";
  opened.showModal();
}

/** @param {Visit} visit */
function confirmEntry(visit) {
  fill(dialog("admit"), {
    title: { values: { name: visit.name } },
    birth_date: birthDate(visit) || "–",
    for: visit.practitioner ?? visit.department,
    reason: visit.reason || "–",
    browser: visit.browser || "–",
    elsewhere: Boolean(visit.elsewhere),
    ...devicesOf(visit),
    network_unchecked: !visit.devices.network,
    network_trouble: [null, "works"].includes(visit.devices.network) ? null : { when: visit.devices.network },
    bandwidth: visit.devices.bandwidth ? { when: visit.devices.bandwidth } : null,
  });
  open("admit");
}

/** @param {Visit} visit */
async function admit(visit) {
  const answer = await perform("admit", { id: visit.id });
  if (answer) location.assign(`/desk/visit/${answer.uid}`);
}

/** @param {Visit} visit */
function openMenu(visit) {
  fill(dialog("more"), {
    name: visit.name,
    can_call_back: Boolean(visit.elsewhere),
    can_decline: visit.status !== "admitted",
    can_hold: visit.status !== "on_hold",
    can_send_back: visit.status !== "waiting",
    open: { href: `/desk/visit/${visit.uid}` },
  });
  open("more");
}

dialog("admit").addEventListener("close", () => {
  if (chosen && dialog("admit").returnValue === "admit") void admit(chosen);
});
dialog("decline").querySelector("form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const message = /** @type {HTMLTextAreaElement} */ (element("decline-message"));
  if (!chosen || !(await perform("decline", { id: chosen.id, message: message.value.trim() }))) return;
  message.value = "";
  dialog("decline").close();
});
dialog("remove").addEventListener("close", () => {
  const reason = /** @type {HTMLSelectElement} */ (element("reason")).value;
  if (chosen && dialog("remove").returnValue === "remove") void perform("end", { id: chosen.id, reason });
});

/* Messages */
/** @type {Talk | undefined} */
let talk;

/** @param {Visit} visit */
function openTalk(visit) {
  fill(dialog("talk"), { title: { values: { name: visit.name } } });
  open("talk");
  talk = new Talk(dialog("talk"), visit.conversation_id);
  talk.input.focus();
}
document.getElementById("talk")?.addEventListener("close", () => talk?.end());

document.getElementById("to-all")?.addEventListener("click", () => {
  const n = listed().length;
  fill(dialog("notify"), { some: n > 0, reach: { when: n ? "some" : "none", values: { n } } });
  void offerDelays(dialog("notify"));
  open("notify");
});
document.getElementById("notify")?.addEventListener("close", () => void notify());

const PORTION = 100; // people whom one request tells
let notice = { words: "", id: "" }; // the same words that did not reach everybody keep their name: nobody reads them twice

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-quick]");
  if (!(button instanceof HTMLElement)) return;
  const toAll = button.closest("#notify");
  const ids = toAll ? listed().map((visit) => visit.id) : chosen ? [chosen.id] : [];
  void tellAll(ids, { quick_text: Number(button.dataset.quick) });
  if (toAll) dialog("notify").close();
});

async function notify() {
  const text = /** @type {HTMLTextAreaElement} */ (element("notice"));
  const ids = listed().map((visit) => visit.id);
  const [what, minutes] = dialog("notify").returnValue.split("-");
  if (what === "late") await runLate(Number(minutes));
  if (!["send", "late"].includes(what) || !ids.length || minutes === "0") return;
  const words = what === "late" ? { minutes_late: Number(minutes) } : { text: text.value };
  if ((await tellAll(ids, words)) && what === "send") text.value = "";
}

/** @param {number[]} ids @param {object} words @returns {Promise<boolean>} whether everybody was told */
async function tellAll(ids, words) {
  const said = JSON.stringify(words);
  if (notice.words !== said) notice = { words: said, id: clientId() };
  for (let begin = 0; begin < ids.length; begin += PORTION) {
    const portion = ids.slice(begin, begin + PORTION);
    if (!(await perform("notify", { client_id: notice.id, ids: portion, ...words }))) return false;
  }
  notice = { words: "", id: "" };
  return true;
}

/* The own walk-in hour */
const walkIns = /** @type {HTMLInputElement | null} */ (document.getElementById("walk-ins"));

/** @param {boolean} on */
function setSwitch(on) {
  if (walkIns) walkIns.checked = on;
}
live.on("walk_ins", ({ on }) => setSwitch(on));
walkIns?.addEventListener("change", async () => {
  const on = walkIns.checked;
  if (!(await perform("take_walk_ins", { on }))) setSwitch(!on);
});

/** @param {Visit} visit */
function devicesOf({ devices }) {
  const tried = [devices.camera, devices.microphone, devices.speaker];
  const weak = ["sound", "writing"].includes(devices.bandwidth ?? "");
  const blocked = ["direct", "fails"].includes(devices.network ?? "");
  return {
    devices_fail: tried.includes("fails") || weak || blocked,
    devices_unchecked: tried.every((check) => check === null),
    devices_work: tried.includes("works") && !tried.includes("fails"),
    camera_fails: devices.camera === "fails",
    microphone_fails: devices.microphone === "fails",
    speaker_fails: devices.speaker === "fails",
    network_trouble: blocked ? { when: devices.network } : null,
    bandwidth: weak ? { when: devices.bandwidth } : null,
  };
}
