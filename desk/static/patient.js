/** The part of a form that says which patient is meant: one who is known, or a new one (see _patient.html). */
import { clone, fill } from "/static/js/template.js";
import { perform, soon, times } from "./desk.js";

/** @typedef {{ id: number, name: string, email: string, client_number: string, birth_date: string | null }} Patient */

let another = false;

/** @returns {HTMLElement} */
function form() {
  return /** @type {HTMLElement} */ (part("[name=patient]").closest("form"));
}

/** @param {string} id @returns {HTMLInputElement} */
export function input(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}

/** @param {string} selector @returns {HTMLElement} */
export function part(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/** @param {Patient} patient */
export function about({ birth_date: born, email, client_number: number }) {
  return [born && times.date(`${born}T12:00:00Z`), email, number].filter(Boolean).join(" · ");
}

/** @param {Patient} patient */
function line(patient) {
  const made = clone("patient", { name: patient.name, about: about(patient), whose: patient.name });
  made.querySelector("[data-use]")?.addEventListener("click", () => use(patient));
  return made;
}

/** @param {Patient | undefined} patient */
function use(patient) {
  /** @type {HTMLInputElement} */ (part("[name=patient]")).value = patient ? String(patient.id) : "";
  part("[data-new]").hidden = Boolean(patient);
  fill(form(), {
    known: Boolean(patient),
    known_name: patient?.name ?? "",
    known_about: patient ? about(patient) : "",
    alike: false,
  });
  if (patient) part("[data-act=another]").focus();
  else input("find").focus();
}

const search = soon(async () => {
  const text = input("find").value.trim();
  if (text.length < 2) {
    show([], false);
    return;
  }
  const found = await perform("find_patients", { text });
  if (found && input("find").value.trim() === text) show(found.patients, true);
}, 250);

/** @param {Patient[]} patients @param {boolean} looked */
function show(patients, looked) {
  part("#found").replaceChildren(...patients.map(line));
  part("#found").hidden = !patients.length;
  fill(form(), { nobody: looked && !patients.length });
}

/** Perhaps somebody who is known is meant. @param {Patient[]} patients */
export function askWhetherSame(patients) {
  part("#alike").replaceChildren(...patients.map(line));
  fill(form(), { alike: true });
  part("#alike button").focus();
}

/** Whom the form names, as the server wants to know it. @param {FormData} values */
export function whom(values) {
  const text = (/** @type {string} */ name) => String(values.get(name) ?? "").trim();
  const patient = Number(text("patient"));
  if (patient) return { patient };
  const told = ["initials", "last_name", "birth_date", "email", "phone", "locale"].map((name) => [name, text(`person.${name}`)]);
  return { person: Object.fromEntries(told), another };
}

/** @param {HTMLFormElement} here */
export function choosesPatient(here) {
  input("find").addEventListener("input", search);
  part("[data-act=another]").addEventListener("click", () => use(undefined));
  part("[data-act=is_another]").addEventListener("click", () => {
    another = true;
    fill(here, { alike: false });
    here.requestSubmit();
  });
  for (const field of here.querySelectorAll("[name^='person.']")) field.addEventListener("input", () => (another = false));
}
