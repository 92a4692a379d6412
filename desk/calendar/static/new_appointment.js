/** The form for a new appointment: a patient who is known or a new one, a time, a message. */
import { Refused } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { clone, fill, say } from "/static/js/template.js";
import { filesIn } from "/static/desk-attachment/attachments.js";
import { live, times } from "/static/desk/desk.js";
import { choosesParticipants, invited } from "/static/desk/participants.js";
import { askWhetherSame, choosesPatient, input, part, whom } from "/static/desk/patient.js";

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("new-appointment"));
// One for all attempts of this page: an answer that was lost on the way can never become a second appointment.
const attempt = clientId();

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

/** As long as what was chosen takes; it can be changed. */
function measure() {
  const minutes = /** @type {HTMLSelectElement | null} */ (document.querySelector("#visit"))?.selectedOptions[0]?.dataset.minutes;
  if (minutes) input("minutes").value = minutes;
}

/** What costs something can be free this time. */
function price() {
  const chosen = /** @type {HTMLSelectElement | null} */ (document.querySelector("#visit"));
  if (chosen) part("#for-free").hidden = chosen.selectedOptions[0]?.dataset.costs === undefined;
}

const asked = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#questionnaires input")]);

/** What the chosen department asks by itself. */
function askUsual() {
  for (const box of asked) box.checked = (box.dataset.departments ?? "").split(" ").includes(input("department").value);
}

/** The day's appointments, so that nobody has to look at another page. */
async function look() {
  const date = input("date").value;
  const found = date ? await live.request("calendar", { date, after: 0 }).catch(() => undefined) : undefined;
  if (!found || input("date").value !== date) return;
  const items = found.items.filter((/** @type {any} */ item) => ["planned", "checked_in"].includes(item.standing));
  items.sort((/** @type {any} */ a, /** @type {any} */ b) => a.start.localeCompare(b.start));
  part("#on-day").replaceChildren(...items.map(onDay));
  fill(part("#new-appointment"), { empty_day: !items.length });
}

/** @param {any} item */
function onDay({ start, end, name, practitioner }) {
  return clone("on-day-item", { time: `${times.time(start)}–${times.time(end)}`, name, practitioner });
}

const files = document.getElementById("attached");
const attached = files && filesIn(files);

// — sending

/** @param {FormData} values */
function body(values) {
  const text = (/** @type {string} */ name) => String(values.get(name) ?? "").trim();
  const repeats = input("repeats").checked;
  const request = Number(text("request"));
  const ofCase = Number(text("case"));
  return {
    client_id: attempt,
    department: Number(text("department")),
    practitioner: Number(text("practitioner")),
    ...(request ? { request } : {}),
    ...(ofCase ? { case: ofCase } : {}),
    ...whom(values),
    start: `${text("date")}T${text("time") || "00:00"}`,
    minutes: Number(text("minutes")),
    ...(text("visit") ? { visit: Number(text("visit")), free: input("free").checked } : {}),
    message: text("message"),
    ...invited(),
    ...(asked.length ? { questionnaires: asked.filter((box) => box.checked).map((box) => Number(box.value)) } : {}),
    ...(attached ? { files: attached.ids } : {}),
    ...(repeats ? { times: Number(text("times")), every_weeks: Number(text("every_weeks")) } : {}),
  };
}

/** @param {FormData} values */
async function send(values) {
  if (await attached?.unsent()) throw new Refused({ message: clone("refusals").querySelector("[data-when=files]")?.textContent ?? "" });
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
  choosesPatient(form);
  choosesParticipants();
  input("department").addEventListener("change", narrow);
  measure();
  input("department").addEventListener("change", askUsual);
  input("date").addEventListener("change", look);
  document.querySelector("#visit")?.addEventListener("change", measure);
  input("repeats").addEventListener("change", () => {
    for (const more of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-repeat]"))) more.hidden = !input("repeats").checked;
  });
  document.querySelector("#visit")?.addEventListener("change", price);
  price();
  narrow();
  askUsual();
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
