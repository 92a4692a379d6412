/** A month as a table of days: those with free times can be chosen, with a pointer or with the arrow keys. */
import { clone } from "/static/js/template.js";
import { roves, stopAt } from "./roving.js";

/**
 * @typedef {{ date: string, free: number }} Day
 * @typedef {ReturnType<typeof import("/static/js/time.js").clock>} Clock one that stands in UTC, for plain dates
 */

const WEEK = 7;
const JUMPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: WEEK, ArrowUp: -WEEK };

/** The first day of the week in the page's language, 0 for Sunday. @param {HTMLTableElement} table */
function firstDay(table) {
  return Number(table.dataset.firstDay);
}

/** Noon, which is the same date everywhere near. @param {string} date */
export function noon(date) {
  return new Date(`${date}T12:00:00Z`);
}

/** @param {string} month such as 2026-12 @param {number} by */
export function monthAfter(month, by = 1) {
  const moved = noon(`${month}-01`);
  moved.setUTCMonth(moved.getUTCMonth() + by);
  return moved.toISOString().slice(0, 7);
}

/**
 * @param {HTMLTableElement} table
 * @param {(key: string) => void} onPage PageUp or PageDown
 */
export function monthTable(table, onPage) {
  roves(table, { step: nearestFree });
  table.addEventListener("keydown", (event) => {
    if (event.key !== "PageUp" && event.key !== "PageDown") return;
    event.preventDefault();
    onPage(event.key);
  });
}

/**
 * @param {HTMLTableElement} table
 * @param {Day[]} days
 * @param {{ clock: Clock, today: string, chosen?: string }} setting
 */
export function showMonth(table, days, { clock, today, chosen }) {
  const cells = days.map((day) => cellOf(day, clock, today, chosen));
  const offset = (noon(days[0].date).getUTCDay() - firstDay(table) + WEEK) % WEEK;
  const all = [...Array.from({ length: offset }, emptyCell), ...cells];
  while (all.length % WEEK) all.push(emptyCell());
  const rows = Array.from({ length: all.length / WEEK }, (_, week) => row(all.slice(week * WEEK, (week + 1) * WEEK)));
  table.tBodies[0].replaceChildren(...rows);
  stopAt(table, /** @type {HTMLElement | null} */ (table.querySelector("[aria-pressed=true]")) ?? undefined);
}

/** @param {HTMLTableElement} table @param {string} date */
export function press(table, date) {
  for (const button of table.querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset.date === date));
}

/** @param {Day} day @param {Clock} clock @param {string} today @param {string} [chosen] */
function cellOf({ date, free }, clock, today, chosen) {
  const moment = noon(date);
  const when = free ? clock.plural(free) : "none";
  const values = { day: clock.day(moment), count: clock.number(free) };
  const button = /** @type {HTMLButtonElement} */ (
    clone("day-cell", { number: clock.number(moment.getUTCDate()), words: { when, values } })
  );
  button.dataset.date = date;
  button.disabled = !free;
  if (date === today) button.setAttribute("aria-current", "date");
  if (date === chosen) button.setAttribute("aria-pressed", "true");
  const cell = emptyCell();
  cell.append(button);
  return cell;
}

function emptyCell() {
  return document.createElement("td");
}

/** @param {HTMLElement[]} cells */
function row(cells) {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
}

/** The free day nearest to where the key points, on that side. @type {import("./roving.js").Step} */
function nearestFree(buttons, at, key) {
  if (key === "Home") return 0;
  if (key === "End") return buttons.length - 1;
  const jump = JUMPS[/** @type {keyof typeof JUMPS} */ (key)];
  if (!jump) return undefined;
  const places = buttons.map((button) => Number(button.dataset.date?.slice(8)));
  const beyond = places.map((_, index) => index).filter((index) => (index - at) * jump > 0);
  const far = (/** @type {number} */ index) => Math.abs(places[index] - places[at] - jump);
  return beyond.sort((a, b) => far(a) - far(b))[0];
}
