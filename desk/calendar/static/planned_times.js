/** Offering a time of one day to patients, and taking back what is offered on a day. */
import { clone, fill } from "/static/js/template.js";
import { dialog, live, perform, soon } from "/static/desk/desk.js";
import { clock } from "/static/js/time.js";
import { shown } from "./appointments.js";
import { tell } from "./said.js";

/** @typedef {{ id: number, practitioner: number, for: string, start: string, end: string }} Planned time, `start` and `end` as moments */

const DAY = 1440;
const times = clock({ zone: document.body.dataset.zone ?? "UTC" });
const who = /** @type {HTMLSelectElement} */ (document.getElementById("plan-who"));
const purpose = /** @type {HTMLSelectElement} */ (document.getElementById("plan-purpose"));
const form = dialog("plan")?.querySelector("form");
const listed = document.getElementById("offered-times"); // the picture shows them in their places

/** @param {string} name @returns {HTMLInputElement} */
function field(name) {
  return /** @type {HTMLInputElement} */ (document.getElementById(`plan-${name}`));
}

/** Whether somebody's times are this person's to offer. @param {number} person */
export function mayPlan(person) {
  return Boolean(form) && [...who.options].some((option) => Number(option.value) === person);
}

/** Ask how a stretch is offered. @param {number} person @param {string} start wall time @param {string} end wall time */
export function ask(person, start, end) {
  who.value = String(person);
  [field("day").value, field("start").value] = [start.slice(0, 10), start.slice(11, 16)];
  field("end").value = end.slice(11, 16);
  suit();
  dialog("plan").showModal();
}

/** @param {string} at of the day */
function minutes(at) {
  return Number(at.slice(0, 2)) * 60 + Number(at.slice(3, 5));
}

/** The midnight that ends a day stands at its end. */
function span() {
  return { begin: minutes(field("start").value), end: minutes(field("end").value) || DAY };
}

/** What does not go with the rest is not asked for; what it gives is said. */
function suit() {
  const isTeam = who.selectedOptions[0]?.dataset.team !== undefined; // a team is booked; persons hold walk-in hours
  for (const option of purpose.options) option.disabled = isTeam && option.value !== "booking";
  if (isTeam) purpose.value = "booking";
  const isWalkIn = purpose.value === "walk_in";
  field("length").disabled = field("gap").disabled = isWalkIn;
  const { begin, end } = span();
  const [each, pause] = [field("length").valueAsNumber || 0, field("gap").valueAsNumber || 0];
  const n = each > 0 ? Math.max(0, Math.floor((end - begin - each) / (each + pause)) + 1) : 0;
  fill(dialog("plan"), { lengths: !isWalkIn, gives: isWalkIn ? { when: "walk_in" } : { when: n ? "some" : "none", values: { n } } });
}

/** @param {Event} event */
async function plan(event) {
  event.preventDefault();
  const date = field("day").value;
  const slots = field("length").disabled ? {} : { length: field("length").valueAsNumber, gap: field("gap").valueAsNumber };
  const made = await perform("plan", { practitioner: Number(who.value), date, ...span(), purpose: purpose.value, ...slots });
  if (!made) return;
  dialog("plan").close();
  const said = { name: who.selectedOptions[0].text, start: inWords(date, field("start").value), end: field("end").value };
  tell("offered", said, () => perform("unplan", { id: made.id, date }));
}

const walls = clock({ zone: "UTC" });

/** @param {string} day @param {string} at */
function inWords(day, at) {
  return walls.moment(`${day}T${at}:00Z`);
}

/** @param {Planned[]} planned @param {Map<number, string>} [names] whose, where several people are shown */
export function lines(planned, names) {
  return planned.map((one) => {
    const said = `${times.time(one.start)}–${times.time(one.end)}`;
    const item = clone("planned-time", { span: said, whose: names?.get(one.practitioner) ?? null, kind: { when: one.for }, which: said });
    item.querySelector("button")?.addEventListener("click", () => void unplan(one));
    return item;
  });
}

/** @param {Planned} one */
async function unplan({ id, start, end }) {
  const date = times.isoDate(start);
  const gone = await perform("unplan", { id, date });
  dialog("stretch")?.close();
  if (!gone) return;
  const back = () => (gone.was ? perform("plan", gone.was) : perform("plan_again", { id, date }));
  tell(gone.booked ? "unplanned_booked" : "unplanned", { start: times.moment(start), end: times.time(end), n: gone.booked }, back);
}

async function look() {
  if (!listed) return;
  const found = await live.request("ground", { date: shown.first, until: shown.last }).catch(() => undefined);
  if (!found) return;
  const names = new Map([...who.options].map((option) => [Number(option.value), option.text]));
  const mine = found.times.filter((/** @type {Planned} */ { practitioner }) => names.has(practitioner));
  listed.replaceChildren(...lines(mine, names));
  /** @type {HTMLElement} */ (document.getElementById("offered")).hidden = !mine.length;
}

if (form) {
  form.addEventListener("input", suit);
  form.addEventListener("submit", (event) => void plan(event));
  suit();
  live.on("plan_changed", soon(look, 30));
  live.follow({ catchUp: look });
}
