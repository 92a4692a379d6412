/** The calendar's page: the list of a day, and what is done with an appointment in the list and in the picture. */
import { clone, fill } from "/static/js/template.js";
import { dialog, now, perform, times, toast, words } from "/static/desk/desk.js";
import { attachments } from "/static/desk-attachment/attachments.js";
import { takingPart } from "/static/desk/taking_part.js";
import { questionnaires } from "/static/desk-questionnaire/questionnaires.js";
import { appointments, arrivals, loaded, shown, stateOf, wanted, whenChanged } from "./appointments.js";
import { tell } from "./said.js";

/** @typedef {import("./appointments.js").Appointment} Appointment */

const EDGES = { checked_in: "is-on-time", on_hold: "is-on-hold", in_consultation: "is-seen", begun: "is-seen", missing: "is-late", planned: "is-early" };
const list = /** @type {HTMLElement} */ (document.querySelector("#appointments tbody"));

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

function render() {
  const rows = wanted();
  const before = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((row) => [Number(row.dataset.id), row]));
  let place = list.firstElementChild;
  for (const appointment of rows) {
    const row = before.get(appointment.id) ?? newRow(appointment);
    before.delete(appointment.id);
    put(row, appointment);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of before.values()) row.remove();
  element("loading").hidden = loaded;
  element("appointments").hidden = !loaded || !rows.length;
  element("none").hidden = !loaded || rows.length > 0;
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
  const edge = edgeOf(state);
  const visit = arrivals.get(appointment.id);
  for (const other of Object.values(EDGES)) row.classList.toggle(other, other === edge);
  fill(row, {
    time: span(appointment),
    name: appointment.name,
    practitioner: appointment.practitioner,
    department: appointment.department,
    mode: appointment.mode === "video" ? null : { when: appointment.mode },
    state: { when: state, class: `k-badge ${edge}` },
    visit: visit && visit.visit !== "ended" ? { href: `/desk/visit/${visit.uid}` } : null,
    visit_name: appointment.name,
    details_name: appointment.name,
    questionnaires: appointment.questionnaires ? { when: appointment.questionnaires } : null,
  });
}

/** @param {string} state */
function edgeOf(state) {
  return EDGES[/** @type {keyof EDGES} */ (state)] ?? "";
}

element("heading").textContent = heading();
if (shown.isList) whenChanged(render);
else import("./picture.js").then(({ open }) => open({ details: openDetails })).catch(() => toast(words("unreachable")));

function heading() {
  const noon = (/** @type {string} */ date) => `${date}T12:00:00Z`;
  if (shown.view === "month") return times.month(noon(shown.day));
  if (shown.view === "week") return `${times.date(noon(shown.first))} – ${times.date(noon(shown.last))}`;
  return times.day(noon(shown.day));
}

let chosen = 0;
/** @type {Record<string, (button: HTMLElement) => unknown>} */
const acts = {
  details: () => openDetails(chosen),
  ask_cancel: () => askCancel(),
  ask_move: () => askMove(),
  start: () => start(),
  give: () => give(),
  note: (button) => note(button.dataset.what ?? ""),
};
document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-act]"));
  const row = /** @type {HTMLElement | null | undefined} */ (button?.closest("tr"));
  if (row) chosen = Number(row.dataset.id);
  if (button) void acts[button.dataset.act ?? ""]?.(button);
});

/** @param {number} id */
async function openDetails(id) {
  chosen = id;
  const found = await perform("appointment", { id });
  if (!found) return;
  fill(dialog("details"), { ...facts(found), ...ways(found), with_payment: Boolean(found.payment), payment: found.payment && { when: found.payment } });
  giveTo.replaceChildren(...found.colleagues.map((/** @type {any} */ person) => new Option(person.name, person.id)));
  dialog("details").showModal();
  const asked = document.getElementById("asked");
  if (asked) void questionnaires(asked, `/desk/questionnaires/appointment/${id}`);
  const attached = document.getElementById("attached");
  if (attached) void attachments(attached, `/desk/attachments/appointment/${id}`);
  void takingPart({ appointment: id });
}

/** @param {any} found */
function facts(found) {
  const state = stateOf(found);
  return {
    name: found.name,
    time: `${times.day(found.start)}, ${span(found)}`,
    state: { when: state, class: `k-badge ${edgeOf(state)}` },
    practitioner: found.practitioner,
    mode: { when: found.mode },
    kind: [found.visit_type, found.price].filter(Boolean).join(" · ") || null,
    birth_date: found.birth_date ? times.date(`${found.birth_date}T12:00:00Z`) : "–",
    email: found.email || "–",
    phone: found.phone || "–",
    booked_at: times.moment(found.booked_at),
    made_by: found.made_by ? { values: { name: found.made_by } } : null,
    with_message: Boolean(found.message),
    message: found.message,
  };
}

/** What can be done with it. @param {any} found */
function ways(found) {
  return {
    can_cancel: found.can_cancel,
    can_start: found.can_start,
    can_move: found.can_move,
    can_give: found.colleagues.length > 0,
    can_note: found.notes.length > 0,
    ...Object.fromEntries(NOTES.map((what) => [`note_${what}`, found.notes.includes(what)])),
  };
}

const NOTES = ["arrived", "done", "no_show", "taken_back"];

/** @param {string} what */
async function note(what) {
  const id = chosen;
  if (!(await perform("note", { id, what }))) return;
  dialog("details").close();
  const undo = () => void perform("note", { id, what: "taken_back" });
  tell(`noted_${what}`, { name: appointments.get(id)?.name ?? "" }, what === "taken_back" ? undefined : undo);
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
