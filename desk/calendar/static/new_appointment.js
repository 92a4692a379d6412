/** The form for a new appointment: a patient who is known or a new one, a time, a message. */
import { Refused } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { clone, fill, say } from "/static/js/template.js";
import { live, perform, soon, times } from "/static/desk/desk.js";

/** @typedef {{ id: number, name: string, email: string, client_number: string, birth_date: string | null }} Patient */

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("new-appointment"));
// One for all attempts of this page: an answer that was lost on the way can never become a second appointment.
const attempt = clientId();
let another = false;

/** @param {string} id @returns {HTMLInputElement} */
function input(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}

/** @param {string} selector @returns {HTMLElement} */
function part(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

// — the patient

/** @param {Patient} patient */
function about({ birth_date: born, email, client_number: number }) {
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
  fill(part("#new-appointment"), {
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
  fill(part("#new-appointment"), { nobody: looked && !patients.length });
}

// — the time

/** Only people who work in the chosen department. */
function narrow() {
  const department = input("department").value;
  const select = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (input("practitioner")));
  for (const option of select.options) {
    option.hidden = option.disabled = option.dataset.department !== department;
  }
  const { selectedOptions: [now], options } = select;
  if (!now || now.disabled) select.value = [...options].find((option) => !option.disabled)?.value ?? "";
}

/** The day's appointments, so that nobody has to look at another page. */
async function look() {
  const date = input("date").value;
  const found = date ? await live.request("calendar", { date, after: 0 }).catch(() => undefined) : undefined;
  if (!found || input("date").value !== date) return;
  const items = found.items.filter((/** @type {any} */ item) => item.status === "booked");
  items.sort((/** @type {any} */ a, /** @type {any} */ b) => a.start.localeCompare(b.start));
  part("#on-day").replaceChildren(...items.map(onDay));
  fill(part("#new-appointment"), { empty_day: !items.length });
}

/** @param {any} item */
function onDay({ start, end, name, practitioner }) {
  return clone("on-day-item", { time: `${times.time(start)}–${times.time(end)}`, name, practitioner });
}

// — sending

/** @param {FormData} values */
function body(values) {
  const text = (/** @type {string} */ name) => String(values.get(name) ?? "").trim();
  const patient = Number(text("patient"));
  const repeats = input("repeats").checked;
  const person = Object.fromEntries(
    ["initials", "last_name", "birth_date", "email", "phone", "locale"].map((name) => [name, text(`person.${name}`)]),
  );
  return {
    client_id: attempt,
    department: Number(text("department")),
    practitioner: Number(text("practitioner")),
    ...(patient ? { patient } : { person, another }),
    start: `${text("date")}T${text("time") || "00:00"}`,
    minutes: Number(text("minutes")),
    message: text("message"),
    ...(repeats ? { times: Number(text("times")), every_weeks: Number(text("every_weeks")) } : {}),
  };
}

/** @param {FormData} values */
async function send(values) {
  try {
    return await live.request("make_appointment", body(values));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === "perhaps_known") return { alike: error.answer };
    throw worded(error);
  }
}

/** A refusal that concerns the time stands at the time. @param {Refused} error */
function worded(error) {
  const { start, by } = /** @type {{ start?: string, by?: string }} */ (error.answer);
  if (error.code === "bad_time") return new Refused({ fields: { start: error.message } });
  if (!start) return error;
  const when = error.code === "is_away" ? "away" : "taken";
  const words = /** @type {HTMLElement} */ (clone("refusals").querySelector(`[data-when=${when}]`));
  say(words, { time: times.moment(start), name: by ?? "" });
  return new Refused({ fields: { start: words.textContent ?? "" } });
}

/** @param {any} answer */
function done(answer) {
  if (answer.alike) askWhetherSame(answer.alike.patients);
  else tell(answer);
}

/** @param {Patient[]} patients */
function askWhetherSame(patients) {
  part("#alike").replaceChildren(...patients.map(line));
  fill(part("#new-appointment"), { alike: true });
  part("#alike button").focus();
}

/** @param {{ starts: string[], name: string, email: string }} made */
function tell({ starts, name, email }) {
  part("#new-appointment").hidden = true;
  const view = part("#made");
  view.hidden = false;
  fill(view, {
    heading: { values: { name } },
    mailed: email ? { values: { email } } : null,
    to_day: { href: `/desk/calendar?date=${times.isoDate(starts[0])}` },
  });
  part("#made [data-slot=when]").replaceChildren(...starts.map((start) => clone("moment", { time: times.moment(start) })));
  part("#made h2").focus();
}

if (form) {
  input("find").addEventListener("input", search);
  input("department").addEventListener("change", narrow);
  input("date").addEventListener("change", look);
  input("repeats").addEventListener("change", () => (part("[data-repeat]").hidden = !input("repeats").checked));
  part("[data-act=another]").addEventListener("click", () => use(undefined));
  part("[data-act=is_another]").addEventListener("click", () => {
    another = true;
    fill(form, { alike: false });
    form.requestSubmit();
  });
  for (const field of form.querySelectorAll("[name^='person.']")) field.addEventListener("input", () => (another = false));
  narrow();
  live.follow({
    catchUp: () => {
      // Sent before this, the browser would put what was typed into the address, or nobody would hear it.
      /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]")).disabled = false;
      return look();
    },
  });
  live.on("appointment", look);
  sendsInPlace(form, { send, done });
}
