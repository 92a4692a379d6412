/**
 * The picture of a day, a week or a month. Its library knows no zones: it is given the times that the clinic's clock
 * shows, as text, and asked for them as text; whatever the browser's zone, nothing is computed in it.
 */
import { Refused } from "/static/js/ask.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, now, perform, soon, times, words } from "/static/desk/desk.js";
import { appointments, chosen, isMovable, loaded, shown, standingOf, stateOf, wanted, whenChanged } from "./appointments.js";
import { clock as clockOf } from "/static/js/time.js";
import { clientId } from "/static/js/client_id.js";
import { ask as askToPlan, lines, mayPlan } from "./planned_times.js";
import { tell } from "./said.js";

/**
 * @typedef {import("./appointments.js").Appointment} Appointment
 * @typedef {{ id: number, practitioner: number, for: string, start: string, end: string }} Time when somebody can be seen
 * @typedef {{ id: number, practitioner: number, name: string, start: string, end: string, note: string }} Absence
 * @typedef {{ start: string, end: string, allDay: boolean, person: number, department: number | undefined }} Stretch wall times
 */

const HUES = 8;
const MINUTE = 60_000;
const LONGEST = 480;
const MOST_ROWS = 40; // columns beside each other that somebody can still look through
const place = /** @type {HTMLElement} */ (document.getElementById("picture"));
const canMake = place.dataset.canMake !== undefined;
const narrow = matchMedia("(max-width: 40rem)").matches;
const people = /** @type {HTMLOptionElement[]} */ ([...document.querySelectorAll("#whose option[data-works-in]")]);
const blockable = new Set([...document.querySelectorAll("#block-who option")].map((option) => Number(option.getAttribute("value"))));
const zone = document.body.dataset.zone;
const walls = clockOf({ zone: "UTC" }); // wall times, written as though they were UTC's
/** @type {{ times: Time[], absences: Absence[], closed: { date: string, name: string }[] }} */
let ground = { times: [], absences: [], closed: [] };
/** @type {any} */
let calendar;
/** @type {(id: number) => unknown} */
let openDetails;

// — the clinic's clock

const wallFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });

/** 2026-12-31T09:00:00, as the clinic's clock shows it. @param {string | number} instant */
function wall(instant) {
  return wallFormat.format(new Date(instant)).replace(" ", "T");
}

/** @param {string} at @param {number} milliseconds */
function later(at, milliseconds) {
  return new Date(Date.parse(`${at}Z`) + milliseconds).toISOString().slice(0, 19);
}

/** From a moment to another, an hour that comes twice counted once. @param {string} start @param {string} end */
function span(start, end) {
  const begins = wall(start);
  return { start: begins, end: later(begins, Date.parse(end) - Date.parse(start)) };
}

/** In words. @param {string} at */
function said(at) {
  return walls.moment(`${at}Z`);
}

// — what is shown

/** Columns of people, unless one of them is chosen. */
function hasColumns() {
  return shown.view === "day" && !chosen().practitioner;
}

function look() {
  if (shown.view === "day") return hasColumns() ? "resourceTimeGridDay" : "timeGridDay";
  if (narrow) return shown.view === "week" ? "listWeek" : "listMonth";
  return shown.view === "week" ? "timeGridWeek" : "dayGridMonth";
}

/** Everybody of what is chosen, and whoever has something there. */
function columns() {
  const { department } = chosen();
  const named = new Map(people.filter((person) => !department || person.dataset.worksIn?.split(" ").includes(String(department))).map((person) => [Number(person.dataset.id), person.dataset.name ?? ""]));
  for (const { practitioner_id: id, practitioner } of wanted()) named.set(id, practitioner);
  return [...named].slice(0, MOST_ROWS).map(([id, title]) => ({ id, title }));
}

/** By department where several are shown, else by person; the legend and each appointment say it in words. */
function colours() {
  const byPerson = Boolean(chosen().department || chosen().practitioner) || new Set([...appointments.values()].map((one) => one.department_id)).size < 2;
  /** @type {(one: Appointment) => { id: number, title: string }} */
  const of = byPerson ? (one) => ({ id: one.practitioner_id, title: one.practitioner }) : (one) => ({ id: one.department_id, title: one.department });
  const named = new Map(wanted().map((one) => [of(one).id, of(one).title]));
  const order = [...named].sort((a, b) => a[1].localeCompare(b[1]));
  return { hue: (/** @type {Appointment} */ one) => order.findIndex(([id]) => id === of(one).id) % HUES, order };
}

let asDrawn = "";

function draw() {
  const { hue, order } = colours();
  const all = [...grounds(), ...wanted().map((one) => drawn(one, hue(one)))];
  const those = hasColumns() ? columns() : [];
  const state = JSON.stringify([look(), those, all, wanted().map(stateOf), loaded]);
  if (state === asDrawn) return;
  asDrawn = state;
  const keep = focused();
  calendar.setOption("resources", those);
  if (calendar.getOption("view") !== look()) calendar.setOption("view", look());
  calendar.setOption("events", all);
  keep();
  legend(order);
  /** @type {HTMLElement} */ (document.getElementById("loading")).hidden = loaded;
  place.toggleAttribute("aria-busy", !loaded);
}

/** What is drawn anew would lose the keyboard. @returns {() => void} gives it back */
function focused() {
  const { activeElement } = document;
  const id = activeElement instanceof HTMLElement && place.contains(activeElement) ? activeElement.dataset.id : undefined;
  if (!id) return () => {};
  return () => void requestAnimationFrame(() => /** @type {HTMLElement | null} */ (place.querySelector(`[data-shown][data-id="${id}"]`))?.focus({ preventScroll: true }));
}

/** The library has moved something that stays where it was. */
function drawAgain() {
  asDrawn = "";
  draw();
}

const SHORT = 15 * 60_000; // has room for one line

/** @param {Appointment} appointment @param {number} hue */
function drawn(appointment, hue) {
  const isShort = Date.parse(appointment.end) - Date.parse(appointment.start) <= SHORT;
  return {
    ...span(appointment.start, appointment.end),
    id: String(appointment.id),
    resourceIds: [appointment.practitioner_id],
    title: appointment.name,
    classNames: ["desk-shown", `desk-hue-${hue}`, `is-${standingOf(appointment)}`, ...(isShort ? ["is-short"] : [])],
    startEditable: isMovable(appointment),
    durationEditable: false,
    extendedProps: { appointment },
  };
}

function grounds() {
  const everybody = hasColumns() ? columns().map(({ id }) => id) : [];
  const closed = ground.closed.map(({ date, name }) => behind("closed", `${date}T00:00:00`, `${later(`${date}T00:00:00`, 1440 * MINUTE)}`, everybody, name));
  if (shown.view === "month") return closed;
  const at = wall(now());
  return [
    ...closed,
    ...ground.times.map(({ for: purpose, practitioner, start, end }) => behind(purpose, wall(start), wall(end), [practitioner])),
    ...ground.absences.filter(concerns).map(({ practitioner, start, end, name, note }) => behind("away", wall(start), wall(end), [practitioner], [hasColumns() ? "" : name, note].filter(Boolean).join(" · "))),
    behind("now", at, later(at, MINUTE), everybody),
  ];
}

/** @param {Absence} absence */
function concerns({ practitioner }) {
  const { practitioner: one, department } = chosen();
  return one ? practitioner === one : !department || columns().some(({ id }) => id === practitioner);
}

/** @param {string} kind @param {string} start @param {string} end @param {number[]} resourceIds @param {string} [what] */
function behind(kind, start, end, resourceIds, what = "") {
  return { start, end, resourceIds, display: "background", allDay: shown.view === "month", classNames: ["desk-ground", `desk-ground--${kind}`], extendedProps: { kind, what } };
}

/** @param {any} info */
function content({ event: { extendedProps, display, start } }) {
  const { appointment, kind, what } = extendedProps;
  if (!appointment) return { domNodes: !kind || kind === "now" ? [] : [clone("ground", { kind: { when: kind }, what: what || null })] };
  const state = stateOf(appointment);
  const who = hasColumns() || chosen().practitioner ? null : appointment.practitioner;
  const time = display === "preview" ? walls.time(asUtc(start)) : times.time(appointment.start);
  const button = clone("shown", { time, name: appointment.name, who, state: { when: state } });
  button.dataset.id = String(appointment.id);
  for (const other of button.querySelectorAll("[data-when][hidden]")) other.remove(); // a month has thousands of them
  return { domNodes: [button] };
}

/** Where it is being dragged to, by the clock on the wall. @param {Date} at the library's, in the browser's own zone */
function asUtc(at) {
  return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes());
}

/** @param {[number, string][]} order */
function legend(order) {
  const list = /** @type {HTMLElement} */ (document.getElementById("legend"));
  const items = order.map(([, title], index) => {
    const item = clone("legend-item", { title });
    item.querySelector("[data-swatch]")?.classList.add(`desk-hue-${index % HUES}`);
    return item;
  });
  const kinds = new Set([...ground.times.map((time) => time.for), ...(ground.absences.length && shown.view !== "month" ? ["away"] : []), ...(ground.closed.length ? ["closed"] : [])]);
  list.replaceChildren(...items, ...[...kinds].map((kind) => {
    const item = clone("legend-ground", { kind: { when: kind } });
    item.querySelector("[data-swatch]")?.classList.add("desk-ground", `desk-ground--${kind}`);
    return item;
  }));
}

// — moving

/** The library moves at once; the page asks first, and what is not done is drawn where it was. @param {any} info */
function dropped({ event, delta, newResource }) {
  const { appointment } = event.extendedProps;
  const person = Number(newResource?.id ?? appointment.practitioner_id);
  const from = wall(appointment.start);
  const to = later(from, (delta.days * 86_400 + delta.seconds) * 1000);
  if (to === from && person === appointment.practitioner_id) return drawAgain();
  const ask = dialog("drag");
  fill(ask, {
    title: { values: { name: appointment.name } },
    from: { values: { time: said(from), name: appointment.practitioner } },
    to: { values: { time: said(to), name: nameOf(person) } },
  });
  ask.returnValue = "";
  ask.addEventListener("close", () => (ask.returnValue === "move" ? void put(appointment, person, to) : drawAgain()), { once: true });
  return ask.showModal();
}

/** @param {number} person */
function nameOf(person) {
  return columns().find(({ id }) => id === person)?.title ?? "";
}

/** @param {Appointment} appointment @param {number} practitioner @param {string} to */
async function put(appointment, practitioner, to) {
  try {
    await live.request("place", { id: appointment.id, practitioner, start: to.slice(0, 16) });
    tell("moved", { name: appointment.name, time: said(to) });
  } catch (error) {
    tell("stays", { name: appointment.name, why: error instanceof Refused ? error.message : words("unreachable") });
  }
  drawAgain();
}

// — an empty stretch

/** @type {Stretch | undefined} */
let stretch;

/** @param {any} info */
function selected({ startStr, endStr, allDay, resource }) {
  const person = Number(resource?.id ?? chosen().practitioner ?? document.body.dataset.me);
  const option = people.find((one) => Number(one.dataset.id) === person);
  stretch = { start: startStr, end: endStr, allDay, person, department: chosen().department ?? worksIn(option) };
  fill(dialog("stretch"), {
    span: allDay ? walls.full(`${startStr}Z`) : `${said(startStr)} – ${walls.time(`${endStr}Z`)}`,
    whose: option ? { values: { name: option.dataset.name ?? "" } } : null,
    make: canMake ? { href: newAddress(stretch) } : null,
    block: blockable.has(person),
  });
  showPlanned();
  dialog("stretch").showModal();
}

/** What is offered there already can be taken back; where nothing is, it can be offered. */
function showPlanned() {
  if (!stretch) return;
  const { start, end, person, allDay } = stretch;
  const found = ground.times.filter((time) => time.practitioner === person && wall(time.start) < end && start < wall(time.end));
  const may = mayPlan(person) && !allDay;
  fill(dialog("stretch"), { plan: may && !found.length, with_planned: may && found.length > 0 });
  document.getElementById("planned")?.replaceChildren(...(may ? lines(found) : []));
}

function plan() {
  if (!stretch) return;
  dialog("stretch").close();
  askToPlan(stretch.person, stretch.start, stretch.end);
}

/** The first of somebody's departments. @param {HTMLOptionElement | undefined} person */
function worksIn(person) {
  return Number(person?.dataset.worksIn?.split(" ")[0]) || undefined;
}

/** Where a new appointment is made: when and with whom, nothing of any patient. @param {Stretch} chosenStretch */
function newAddress({ start, end, allDay, person, department }) {
  const values = new URLSearchParams({ date: start.slice(0, 10), practitioner: String(person) });
  if (department) values.set("department", String(department));
  if (!allDay) {
    const minutes = (Date.parse(end) - Date.parse(start)) / MINUTE;
    values.set("time", start.slice(11, 16));
    values.set("minutes", String(Math.min(LONGEST, Math.max(5, minutes))));
  }
  return `/desk/calendar/new?${values}`;
}

async function block() {
  if (!stretch) return;
  const { start, end, person } = stretch;
  const period = { practitioner: person, start: start.slice(0, 16), end: end.slice(0, 16) };
  dialog("stretch").close();
  const made = await perform("block", { client_id: clientId(), ...period });
  if (!made) return;
  const undo = () => perform("unblock", { id: made.id });
  tell(made.booked ? "blocked_booked" : "blocked", { start: said(start), end: said(end), n: made.booked }, undo);
}

document.querySelector("[data-act=ask_plan]")?.addEventListener("click", plan);
document.querySelector("[data-act=block_stretch]")?.addEventListener("click", () => void block());
document.getElementById("stretch")?.addEventListener("close", () => calendar.unselect());

// — the library

/** A classic script: it gives its one name to the window. @returns {Promise<any>} */
function library() {
  return new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/event-calendar.min.js";
    script.addEventListener("load", () => done(/** @type {any} */ (window).EventCalendar));
    script.addEventListener("error", fail);
    document.head.append(script);
  });
}

async function lookBehind() {
  const { department, practitioner } = chosen();
  const wantsTimes = shown.view !== "month" && (hasColumns() || Boolean(practitioner));
  const found = await live.request("ground", { date: shown.first, until: shown.last, department, practitioner, times: wantsTimes }).catch(() => undefined);
  if (found) ground = found;
  draw();
}

/** Plain English is the British one, as on the server. */
function language() {
  const tag = document.documentElement.lang;
  return /^en(-XA)?$/.test(tag) ? "en-GB" : tag;
}

function options() {
  return {
    view: look(),
    date: shown.day,
    locale: language(),
    firstDay: shown.firstDay,
    headerToolbar: { start: "", center: "", end: "" },
    height: shown.view === "month" || look().startsWith("list") ? undefined : "100%",
    resources: hasColumns() ? columns() : [],
    highlightedDates: [shown.today],
    theme: (/** @type {any} */ theme) => ({ ...theme, today: "desk-not-today" }), // the browser's today need not be the clinic's
    allDaySlot: false,
    slotMinTime: "07:00:00",
    slotMaxTime: "20:00:00",
    flexibleSlotTimeLimits: true,
    slotDuration: "00:10:00",
    slotLabelInterval: "01:00:00",
    snapDuration: "00:05:00",
    slotHeight: 24,
    slotLabelFormat: { timeStyle: "short" },
    scrollTime: shown.first <= shown.today && shown.today <= shown.last ? later(wall(now()), -60 * MINUTE).slice(11) : "07:45:00",
    columnWidth: hasColumns() ? "minmax(9rem, 1fr)" : undefined,
    dayMaxEvents: shown.view === "month",
    dayHeaderFormat: shown.view === "month" ? { weekday: "short" } : { weekday: "short", day: "numeric" },
    selectable: canMake || blockable.size > 0,
    noEventsContent: place.dataset.none,
    moreLinkContent: place.dataset.more,
    buttonText: { close: place.dataset.close },
    eventContent: content,
    eventDrop: dropped,
    select: selected,
    viewDidMount: () => place.querySelector(".ec-main")?.setAttribute("tabindex", "0"), // it scrolls
  };
}

/**
 * The library says of divisions that they are tables and cells, in an order that no table has; in truth its appointments
 * are buttons under headings.
 */
function speakTruly() {
  for (const part of place.querySelectorAll(ROLES)) {
    for (const said_ of ["role", "aria-colindex", "aria-colspan"]) part.removeAttribute(said_);
  }
  for (const heading of place.querySelectorAll("h4:not([aria-level])")) {
    heading.setAttribute("role", "heading");
    heading.setAttribute("aria-level", "3");
  }
  for (const popup of place.querySelectorAll("dialog:not([aria-label])")) popup.setAttribute("aria-label", popup.querySelector("time")?.textContent ?? "");
}
const ROLES = ["table", "list", "listitem", "row", "cell", "rowgroup", "columnheader", "rowheader"].map((role) => `[role=${role}]`).join();

place.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-shown]");
  const asks = document.querySelector("dialog[open].k-dialog"); // the end of a drag is no click
  if (button instanceof HTMLElement && !asks) void openDetails(Number(button.dataset.id));
});

/** @param {{ details: (id: number) => unknown }} ways what opens an appointment */
export async function open({ details }) {
  openDetails = details;
  const { create } = await library();
  calendar = create(place, options());
  new MutationObserver(speakTruly).observe(place, { childList: true, subtree: true, attributeFilter: ["role"] });
  speakTruly();
  whenChanged(draw);
  document.getElementById("whose")?.addEventListener("change", () => void lookBehind());
  for (const change of ["absences_changed", "plan_changed"]) live.on(change, soon(lookBehind, 30));
  live.follow({ catchUp: lookBehind });
}
