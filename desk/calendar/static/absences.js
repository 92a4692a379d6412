/** Who is away on the day of the calendar's page, and blocking a time. */
import { clientId } from "/static/js/client_id.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, perform, times } from "/static/desk/desk.js";

/** @typedef {{ id: number, name: string, start: string, end: string, note: string, booked: number }} Absence */

const list = document.getElementById("absences"); // the picture shows them in their places
const day = document.getElementById("day")?.dataset.day ?? "";
let unsaid = { words: "", id: "" }; // sent again after a lost answer, it keeps its name

async function look() {
  if (!list) return;
  const found = await live.request("absences", { date: day }).catch(() => undefined);
  if (!found) return;
  list.replaceChildren(...found.items.map(line));
  list.hidden = !found.items.length;
}

/** @param {Absence} absence */
function line({ id, name, start, end, note, booked }) {
  const made = clone("absence", { name, away: { values: { span: `${moment(start)}–${moment(end)}` } }, note: note ? ` · ${note}` : null, booked: booked > 0, whose: name });
  if (booked) fill(made, { n: { values: { n: booked } } });
  made.dataset.id = String(id);
  return made;
}

/** @param {string} at */
function moment(at) {
  return times.isoDate(at) === day ? times.time(at) : times.moment(at);
}

/** @param {string} id */
function value(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id)).value;
}

dialog("block")?.querySelector("form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const period = { practitioner: Number(value("block-who")), start: value("block-start"), end: value("block-end"), note: value("block-note").trim() };
  const said = JSON.stringify(period);
  if (unsaid.words !== said) unsaid = { words: said, id: clientId() };
  if (!(await perform("block", { client_id: unsaid.id, ...period }))) return;
  unsaid = { words: "", id: "" };
  dialog("block").close();
  await look();
});
list?.addEventListener("click", (event) => {
  const row = /** @type {HTMLElement} */ (event.target).closest("[data-unblock]")?.closest("li");
  if (row instanceof HTMLElement) void perform("unblock", { id: Number(row.dataset.id) });
});
for (const change of ["absences_changed", "appointment"]) live.on(change, look);
live.follow({ catchUp: look });
