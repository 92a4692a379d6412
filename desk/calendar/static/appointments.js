/** The appointments of the page's days, live, with who has come: what the list and the picture both show. */
import { Stream } from "/static/js/stream.js";
import { live, now, soon, times } from "/static/desk/desk.js";

/**
 * @typedef {{ id: number, seq: number, gone?: boolean, start: string, end: string, standing: string, name: string,
 *   practitioner_id: number, practitioner: string, department_id: number, department: string, questionnaires: string | null, mode: string }} Appointment
 * @typedef {{ id: number, seq: number, visit: string, standing: string | null, uid: string, arrived_at: string }} Arrival
 */

/** @type {Map<number, Appointment>} */
export const appointments = new Map();
/** @type {Map<number, Arrival>} */
export const arrivals = new Map();

const page = /** @type {HTMLElement} */ (document.getElementById("day"));
const { day = "", first = "", last = "", view = "", today = "", firstDay = "0" } = page.dataset;
/** What the page shows: a day, or the days around it, in a list or a picture. */
export const shown = { day, first, last, view, today, firstDay: Number(firstDay), isList: view === "list" };
const whose = /** @type {HTMLSelectElement} */ (document.getElementById("whose"));

/** Nothing until everything of these days is known. */
export let loaded = false;
/** @type {(() => void)[]} */
const drawn = [];
const draw = soon(() => {
  for (const work of drawn) work();
});

/** Draw now, and whenever something changes. @param {() => void} work */
export function whenChanged(work) {
  drawn.push(work);
  draw();
}

/** @type {Stream<Appointment>} */
const stream = new Stream({
  page: async (after) => {
    const answer = await live.request("calendar", { date: first, until: last, after });
    loaded = loaded || !answer.more;
    draw();
    return answer;
  },
  apply(appointment) {
    const date = appointment.gone ? "" : times.isoDate(appointment.start);
    if (date < first || date > last) appointments.delete(appointment.id);
    else appointments.set(appointment.id, appointment);
    draw();
  },
});
/** @type {Stream<Arrival>} */
const comings = new Stream({
  page: (after) => live.request("arrivals", { date: first, until: last, after }),
  apply(arrival) {
    const known = arrivals.get(arrival.id);
    if (!known || known.arrived_at <= arrival.arrived_at) arrivals.set(arrival.id, arrival);
    draw();
  },
});
live.on("appointment", (appointment) => stream.receive(appointment));
live.on("arrival", (arrival) => comings.receive(arrival));
live.follow(stream);
live.follow(comings);
setInterval(draw, 30_000);

/** What is written at an appointment and what its visit says, joined as telehealth/standing.py does. @param {Appointment} appointment */
export function standingOf({ id, standing }) {
  const said = arrivals.get(id)?.standing;
  if (!said || standing === "cancelled") return standing;
  return said !== "done" || standing === "planned" || standing === "checked_in" ? said : standing;
}

/** The same in finer words. @param {Appointment} appointment */
export function stateOf(appointment) {
  const standing = standingOf(appointment);
  const visit = arrivals.get(appointment.id)?.visit;
  if (standing === "checked_in" && visit === "on_hold") return visit;
  if (standing !== "planned") return standing;
  if (visit) return visit === "ended" ? "left" : "begun";
  return Date.parse(appointment.start) < now() ? "missing" : "planned";
}

/** @param {Appointment} appointment */
export function isMovable(appointment) {
  return stateOf(appointment) === "planned";
}

/** The department or person that is chosen. @returns {{ department?: number, practitioner?: number }} */
export function chosen() {
  const [kind, id] = whose.value.split("-");
  return kind ? { [kind]: Number(id) } : {};
}

/** @param {Appointment} appointment */
function fits(appointment) {
  const { department, practitioner } = chosen();
  if (department) return appointment.department_id === department;
  return !practitioner || appointment.practitioner_id === practitioner;
}

/** Those that are wanted, in order of time. */
export function wanted() {
  return [...appointments.values()].filter(fits).sort((a, b) => a.start.localeCompare(b.start) || a.id - b.id);
}

/** Whoever goes on to another day or look keeps the choice. */
function keepChoice() {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-keeps]"))) {
    const address = new URL(link.href);
    address.searchParams.set("whose", whose.value);
    link.href = address.href;
  }
  const kept = /** @type {HTMLInputElement} */ (document.getElementById("kept-whose"));
  kept.value = whose.value;
}
whose.addEventListener("change", () => {
  keepChoice();
  draw();
});
keepChoice();
