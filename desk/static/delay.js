/** How late it gets, for patients who are still to come today: a part of the waiting room's message to all. */
import { clone, fill } from "/static/js/template.js";
import { live, perform, times } from "./desk.js";

/** @typedef {{ id: number, name: string, patients: number, minutes: number, mine: boolean }} Expected */

const choice = /** @type {HTMLSelectElement} */ (document.getElementById("delay-of"));
const nobody = choice?.options[0]; // there is no dialog for whoever may not write
/** @type {Expected[]} */
let people = [];

/** @param {HTMLElement} dialog */
export async function offerDelays(dialog) {
  const place = /** @type {HTMLElement} */ (document.getElementById("delays"));
  place.hidden = true;
  choice.replaceChildren(nobody);
  const found = await live.request("delays").catch(() => undefined); // without it, those who wait can still be told
  people = found?.people ?? [];
  place.hidden = !people.length;
  choice.append(...people.map((person) => new Option(named(person), String(person.id))));
  choice.value = String(people.find((person) => person.mine)?.id ?? "");
  choice.onchange = () => drawOnTime(dialog);
  drawOnTime(dialog);
}

/** @param {Expected} person */
function named({ name, patients, minutes }) {
  const line = clone("delayed", { line: { when: minutes ? "late" : "on_time", values: { name, n: patients, minutes: times.minutes(minutes) } } });
  return line.querySelector("[data-when]:not([hidden])")?.textContent ?? "";
}

/** @param {HTMLElement} dialog */
function drawOnTime(dialog) {
  fill(dialog, { on_time: Boolean(chosen()?.minutes) });
}

function chosen() {
  return people.find((person) => person.id === Number(choice?.value));
}

/** @param {number} minutes */
export async function runLate(minutes) {
  const person = chosen();
  if (person) await perform("run_late", { practitioner: person.id, minutes });
}
