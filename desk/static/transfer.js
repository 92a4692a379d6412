/** Passing a patient on: the dialog of _transfer.html, on whatever page it stands. */
import { fill } from "/static/js/template.js";
import { dialog, perform } from "./desk.js";

/**
 * @typedef {{ id: number, name: string, practitioners: { id: number, name: string }[] }} Destination
 */

const where = /** @type {HTMLSelectElement} */ (document.getElementById("transfer-department"));
const who = /** @type {HTMLSelectElement} */ (document.getElementById("transfer-practitioner"));
const note = /** @type {HTMLTextAreaElement} */ (document.getElementById("transfer-note"));
const anyone = who?.options[0]; // there is no dialog for whoever may not pass anybody on
/** @type {Destination[]} */
let destinations = [];
/** @type {{ id: number, done?: () => void }} */
let meant = { id: 0 };

/**
 * Ask where to. What was written stays in the dialog until it has been done.
 * @param {{ id: number, name: string, department_id: number }} visit @param {() => void} [done]
 */
export async function passOn({ id, name, department_id: here }, done) {
  const answer = await perform("destinations", {});
  if (!answer) return;
  destinations = answer.departments;
  where.replaceChildren(...destinations.map((found) => new Option(found.name, String(found.id))));
  where.value = String(here);
  if (!where.value) where.selectedIndex = 0;
  if (id !== meant.id) note.value = "";
  meant = { id, done };
  offerPeople();
  fill(dialog("transfer"), { title: { values: { name } } });
  dialog("transfer").showModal();
}

function offerPeople() {
  const there = destinations.find((found) => found.id === Number(where.value));
  who.replaceChildren(anyone, ...(there?.practitioners ?? []).map((person) => new Option(person.name, String(person.id))));
  who.value = "";
}

where.addEventListener("change", offerPeople);
dialog("transfer")?.querySelector("form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const to = { department: Number(where.value), practitioner: Number(who.value) || null, note: note.value.trim() };
  if (!(await perform("pass_on", { id: meant.id, ...to }))) return;
  note.value = "";
  dialog("transfer").close();
  meant.done?.();
});
