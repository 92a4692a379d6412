/** The part of a form that says who else is invited: people of the groups, and such that are entered now (see _participants.html). */
import { clone } from "/static/js/template.js";

/** @returns {HTMLElement | null} */
function place() {
  return document.getElementById("participants");
}

/** @returns {HTMLInputElement[]} */
function boxes() {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#participants [data-person]"))];
}

/** @returns {HTMLElement[]} */
function rows() {
  return [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#participants .desk-guest"))];
}

/** @param {HTMLElement} row @returns {(HTMLInputElement | HTMLSelectElement)[]} */
function fieldsOf(row) {
  return [.../** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (row.querySelectorAll("[data-name]"))];
}

let made = 0;

/** Labels need ids of their own; names tell the server's answer which row it speaks of. */
function add() {
  const row = clone("new-guest");
  const number = ++made;
  for (const field of fieldsOf(row)) {
    field.id = `guest-${number}-${field.dataset.name}`;
    field.closest(".k-field")?.querySelector("label")?.setAttribute("for", field.id);
  }
  row.querySelector("[data-drop]")?.addEventListener("click", () => drop(row));
  place()?.querySelector("[data-guests]")?.append(row);
  name();
  fieldsOf(row)[0]?.focus();
}

/** @param {HTMLElement} row */
function drop(row) {
  row.remove();
  name();
  /** @type {HTMLElement | null | undefined} */ (place()?.querySelector("[data-add-guest]"))?.focus();
}

function name() {
  for (const [number, row] of rows().entries()) for (const field of fieldsOf(row)) field.name = `guests.${number}.${field.dataset.name}`;
}

/** Who is invited, as the server wants to know it. */
export function invited() {
  const participants = [...new Set(boxes().filter((box) => box.checked).map((box) => Number(box.value)))];
  const guests = rows().map((row) => Object.fromEntries(fieldsOf(row).map((field) => [field.dataset.name, valueOf(field)])));
  return { ...(participants.length ? { participants } : {}), ...(guests.length ? { guests } : {}) };
}

/** @param {HTMLInputElement | HTMLSelectElement} field */
function valueOf(field) {
  return field.dataset.name === "group" ? Number(field.value) : field.value.trim();
}

/** Whoever stands in two groups is one person. */
export function choosesParticipants() {
  place()?.querySelector("[data-add-guest]")?.addEventListener("click", add);
  for (const box of boxes()) {
    box.addEventListener("change", () => {
      for (const same of boxes()) if (same.value === box.value) same.checked = box.checked;
    });
  }
}
