/** The calendar's page: one day, live, with who has come. */
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, now, perform, soon, times } from "/static/desk/desk.js";

/**
 * @typedef {{ id: number, seq: number, gone?: boolean, start: string, end: string, status: string, name: string,
 *   practitioner_id: number, practitioner: string, department_id: number, department: string }} Appointment
 * @typedef {{ id: number, seq: number, visit: string, uid: string, arrived_at: string }} Arrival
 */

const EDGES = { waiting: "is-on-time", on_hold: "is-on-hold", admitted: "is-seen", missing: "is-late", booked: "is-early" };
/** @type {Map<number, Appointment>} */
const appointments = new Map();
/** @type {Map<number, Arrival>} */
const arrivals = new Map();
const day = element("day").dataset.day ?? "";
const list = /** @type {HTMLElement} */ (document.querySelector("#appointments tbody"));
const whose = /** @type {HTMLSelectElement} */ (element("whose"));
let loaded = false;

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const draw = soon(render);

/** @type {Stream<Appointment>} */
const stream = new Stream({
  page: async (after) => {
    const page = await live.request("calendar", { date: day, after });
    loaded = loaded || !page.more;
    draw();
    return page;
  },
  apply(appointment) {
    if (appointment.gone || times.isoDate(appointment.start) !== day) appointments.delete(appointment.id);
    else appointments.set(appointment.id, appointment);
    draw();
  },
});
/** @type {Stream<Arrival>} */
const comings = new Stream({
  page: (after) => live.request("arrivals", { date: day, after }),
  apply(arrival) {
    arrivals.set(arrival.id, arrival);
    draw();
  },
});
live.on("appointment", (appointment) => stream.receive(appointment));
live.on("arrival", (arrival) => comings.receive(arrival));
live.follow(stream);
live.follow(comings);
setInterval(draw, 30_000);

/** @param {Appointment} appointment */
function stateOf(appointment) {
  const visit = arrivals.get(appointment.id)?.visit;
  if (appointment.status !== "booked") return appointment.status;
  if (visit) return visit;
  return Date.parse(appointment.start) < now() ? "missing" : "booked";
}

/** @param {Appointment} appointment */
function fits(appointment) {
  const [kind, id] = whose.value.split("-");
  if (kind === "department") return appointment.department_id === Number(id);
  return kind !== "practitioner" || appointment.practitioner_id === Number(id);
}

function render() {
  const wanted = [...appointments.values()].filter(fits).sort((a, b) => a.start.localeCompare(b.start) || a.id - b.id);
  const before = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((row) => [Number(row.dataset.id), row]));
  let place = list.firstElementChild;
  for (const appointment of wanted) {
    const row = before.get(appointment.id) ?? newRow(appointment);
    before.delete(appointment.id);
    put(row, appointment);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of before.values()) row.remove();
  element("loading").hidden = loaded;
  element("appointments").hidden = !loaded || !wanted.length;
  element("none").hidden = !loaded || wanted.length > 0;
}

/** @param {Appointment} appointment */
function newRow(appointment) {
  const row = clone("appointment");
  row.dataset.id = String(appointment.id);
  if (loaded && list.children.length) row.classList.add("k-arrived");
  return row;
}

/** @param {Appointment} appointment */
function span(appointment) {
  return `${times.time(appointment.start)}–${times.time(appointment.end)}`;
}

/** @param {HTMLElement} row @param {Appointment} appointment */
function put(row, appointment) {
  const state = stateOf(appointment);
  const edge = EDGES[/** @type {keyof EDGES} */ (state)] ?? "";
  const visit = arrivals.get(appointment.id);
  for (const other of Object.values(EDGES)) row.classList.toggle(other, other === edge);
  fill(row, {
    time: span(appointment),
    name: appointment.name,
    practitioner: appointment.practitioner,
    department: appointment.department,
    state: { when: state, class: `k-badge ${edge}` },
    visit: visit && visit.visit !== "ended" ? { href: `/desk/visit/${visit.uid}` } : null,
    visit_name: appointment.name,
    details_name: appointment.name,
  });
}

whose.addEventListener("change", render);
element("heading").textContent = times.day(`${day}T12:00:00Z`);

let chosen = 0;
document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
  const row = /** @type {HTMLElement | null | undefined} */ (button?.closest("tr"));
  if (row) chosen = Number(row.dataset.id);
  const act = button?.getAttribute("data-act");
  if (act === "details") void openDetails(chosen);
  else if (act === "ask_cancel") askCancel();
  else if (act === "ask_move") askMove();
  else if (act === "start") void start();
  else if (act === "give") void give();
});

/** @param {number} id */
async function openDetails(id) {
  const found = await perform("appointment", { id });
  if (!found) return;
  fill(dialog("details"), {
    name: found.name,
    time: span(found),
    practitioner: found.practitioner,
    birth_date: found.birth_date ? times.date(`${found.birth_date}T12:00:00Z`) : "–",
    email: found.email || "–",
    phone: found.phone || "–",
    booked_at: times.moment(found.booked_at),
    can_cancel: found.can_cancel,
    can_start: found.can_start,
    can_move: found.can_move,
    made_by: found.made_by ? { values: { name: found.made_by } } : null,
    with_message: Boolean(found.message),
    message: found.message,
    can_give: found.colleagues.length > 0,
  });
  giveTo.replaceChildren(...found.colleagues.map((/** @type {any} */ person) => new Option(person.name, person.id)));
  dialog("details").showModal();
}

const giveTo = /** @type {HTMLSelectElement} */ (element("give-to"));

async function give() {
  if (await perform("reassign", { id: chosen, practitioner: Number(giveTo.value) })) dialog("details").close();
}

async function start() {
  const answer = await perform("start", { id: chosen });
  if (answer) location.assign(`/desk/visit/${answer.uid}`);
}

const moveDate = /** @type {HTMLInputElement} */ (element("move-date"));

function askMove() {
  const found = appointments.get(chosen);
  if (!found) return;
  dialog("details").close();
  fill(dialog("move"), { title: { values: { name: found.name } }, now: { values: { time: times.moment(found.start) } } });
  moveDate.value = times.isoDate(found.start);
  moveDate.min = times.isoDate(now());
  dialog("move").showModal();
  void offerTimes();
}

async function offerTimes() {
  const date = moveDate.value;
  const place = element("move-times");
  place.replaceChildren();
  const found = date ? await perform("free_times", { id: chosen, date }) : undefined;
  if (!found || moveDate.value !== date) return;
  place.replaceChildren(...found.slots.map(freeTime));
  fill(dialog("move"), { none: !found.slots.length });
}

/** @param {{ id: string, start: string, practitioner: string }} slot */
function freeTime(slot) {
  const button = clone("move-time", { time: times.time(slot.start), name: slot.practitioner });
  button.addEventListener("click", () => void moveTo(slot.id));
  return button;
}

/** @param {string} slot */
async function moveTo(slot) {
  if (await perform("move", { id: chosen, slot })) dialog("move").close();
  else await offerTimes();
}

moveDate.addEventListener("change", () => void offerTimes());

function askCancel() {
  dialog("details").close();
  fill(dialog("cancel"), { title: { values: { name: appointments.get(chosen)?.name } } });
  dialog("cancel").returnValue = "";
  dialog("cancel").showModal();
}
dialog("cancel").addEventListener("close", () => {
  if (dialog("cancel").returnValue === "cancel") void perform("cancel", { id: chosen });
});
