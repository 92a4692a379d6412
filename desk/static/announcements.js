/** What is announced to everybody who waits: the dialog of _announcements.html. */
import { clientId } from "/static/js/client_id.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, perform, times } from "./desk.js";

/**
 * @typedef {{ id: number, text: string, severity: string, department: string | null, starts_at: string | null,
 *   expires_at: string | null, mine: boolean }} Announcement
 */

const list = /** @type {HTMLElement} */ (document.getElementById("announced"));
let unsaid = { words: "", id: "" }; // sent again after a lost answer, it keeps its name: nobody reads it twice
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("announce"));

async function look() {
  const found = await live.request("announcements").catch(() => undefined);
  if (!found) return;
  /** @type {Announcement[]} */
  const items = found.items;
  list.replaceChildren(...items.map((item) => line(item, Date.parse(found.now))));
  list.hidden = items.length === 0;
  show("none-announced", items.length === 0);
  show("withdraw-all-row", items.filter((item) => item.mine).length > 1);
  fill(/** @type {HTMLElement} */ (document.getElementById("to-announcements")), { announced: items.length || null });
}

/** @param {string} id @param {boolean} shown */
function show(id, shown) {
  const element = document.getElementById(id);
  if (element) element.hidden = !shown;
}

/** @param {Announcement} item @param {number} now */
function line({ id, text, severity, department, starts_at: starts, expires_at: expires, mine }, now) {
  const planned = starts !== null && Date.parse(starts) > now;
  const made = clone("standing", {
    warning: severity === "warning",
    text,
    department: { when: department ? "one" : "all", values: { name: department } },
    until: planned ? { when: "planned", values: { time: moment(starts) } } : ending(expires),
    withdraw: mine,
    what: text,
  });
  made.dataset.id = String(id);
  return made;
}

/** @param {string | null} expires */
function ending(expires) {
  return expires ? { when: "until", values: { time: moment(expires) } } : { when: "open" };
}

/** @param {string} at */
function moment(at) {
  return times.isoDate(at) === times.isoDate(Date.now()) ? times.time(at) : times.moment(at);
}

/** @param {string} id */
function value(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id)).value;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const warning = /** @type {HTMLInputElement} */ (document.getElementById("announce-warning"));
  const words = {
    text: value("announce-text").trim(),
    severity: warning.checked ? "warning" : "information",
    department: Number(value("announce-department")) || null,
    minutes: Number(value("announce-minutes")) || null,
  };
  const said = JSON.stringify(words);
  if (unsaid.words !== said) unsaid = { words: said, id: clientId() };
  if (!(await perform("announce", { client_id: unsaid.id, ...words }))) return;
  unsaid = { words: "", id: "" };
  form.reset();
});
list.addEventListener("click", (event) => {
  const row = /** @type {HTMLElement} */ (event.target).closest("[data-withdraw]")?.closest("li");
  if (row instanceof HTMLElement) void perform("withdraw", { id: Number(row.dataset.id) });
});
dialog("withdraw-all").addEventListener("close", () => {
  if (dialog("withdraw-all").returnValue === "withdraw") void perform("withdraw_all", {});
  dialog("withdraw-all").returnValue = "";
});
live.on("announced", look);
live.follow({ catchUp: look });
