/**
 * What every page of the desk does: holds the one live connection, keeps the numbers in the navigation and the title
 * true, holds the alarm for arrivals, and says honestly when it has lost the server.
 */
import { ask, Refused } from "/static/js/ask.js";
import { connect } from "/static/js/connect.js";
import { announcer } from "/static/js/live.js";
import { clone, fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { Alarm } from "./alarm.js";
import { ring } from "./bell.js";

const { body } = document;
const title = document.title;
const news = announcer({ every: 3_000 });
let lastHeard = Date.now();
let ahead = 0;
let known = { waiting: 0, inbox: 0, messages: 0, reports: 0 };

/** The practitioner who is signed in. */
export const me = Number(body.dataset.me);
/** Times as the clinic's clock shows them. */
export const times = clock({ zone: body.dataset.zone });

export const live = connect({ namespace: "/desk", auth: authenticate, onState });

/** @returns {Promise<{ token: string }>} */
async function authenticate() {
  const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
  try {
    const { token, reach } = await ask("/desk/token", { method: "POST", body: {}, headers: { "X-CSRFToken": csrf } });
    if (reach !== body.dataset.reach) location.reload();
    return { token };
  } catch (error) {
    if (error instanceof Refused && [400, 401, 403].includes(error.status)) signedOut();
    throw error;
  }
}

function signedOut() {
  show("[data-signed-out]", true);
  live.close();
  show("[data-lost]", false);
}

/** @param {import("/static/js/connect.js").State} state */
function onState(state) {
  if (state === "online") recovered();
  else if (state === "offline" && body.dataset.live !== "stale") lost();
}

function recovered() {
  body.dataset.live = "online";
  show("[data-lost]", false);
  void count();
  void alarm?.look();
}

function lost() {
  if (body.dataset.live === "online") lastHeard = Date.now();
  body.dataset.live = "stale";
  const banner = show("[data-lost]", true);
  if (banner) fill(banner, { since: { values: { time: new Date(lastHeard).toLocaleTimeString(document.documentElement.lang) } } });
}

/** @param {string} selector @param {boolean} shown */
function show(selector, shown) {
  const element = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  if (element) element.hidden = !shown;
  return element;
}

/** Keep this page's sense of now beside the server's. @param {string} moment the server's now */
export function setNow(moment) {
  ahead = Date.parse(moment) - Date.now();
}

/** The server's now, in milliseconds. */
export function now() {
  return Date.now() + ahead;
}

/** Call a function once, a moment after the last of many reasons. @param {() => unknown} work @param {number} milliseconds */
export function soon(work, milliseconds = 0) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}

async function count() {
  const counts = await live.request("counts").catch(() => undefined);
  if (!counts) return;
  known = counts;
  for (const badge of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-count]"))) showCount(badge);
  const total = counts.waiting + counts.inbox + counts.messages + counts.reports;
  document.title = total ? `(${total}) ${title}` : title;
}

/** @param {HTMLElement} badge */
function showCount(badge) {
  const number = known[/** @type {"waiting" | "inbox" | "messages" | "reports"} */ (badge.dataset.count)];
  badge.hidden = number === 0;
  const place = badge.querySelector("[data-number]");
  if (place) place.textContent = String(number);
}

const recount = soon(count, 250);
for (const change of ["visit", "conversation", "channel", "presence", "letter", "chat_group"]) live.on(change, recount);
live.on("access_changed", () => location.reload());
live.on("signed_out", signedOut);
live.on("arrived", ({ name }) => news.say(words("arrived", { name })));

/* How many times can be booked: asked for when a count of before is forgotten, see desk/calendar/free_times.py. */
const COUNT_HOLDS = 3_500;
const plural = new Intl.PluralRules(document.documentElement.lang);
const freeTimes = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-slot=free_times]")]);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let looksSoon;
let changedAgain = false;

async function lookForFreeTimes() {
  const answer = await live.request("free_times_left").catch(() => undefined);
  if (!answer) return;
  const { left } = answer;
  for (const place of freeTimes) {
    fill(place, { free_times: left === null ? null : { when: plural.select(left), values: { count: left } } });
  }
}

/** However much changes, once in a while; and once more after the last change. */
function timesChanged() {
  changedAgain = Boolean(looksSoon);
  looksSoon ??= setTimeout(() => {
    looksSoon = undefined;
    void lookForFreeTimes();
    if (changedAgain) timesChanged();
  }, COUNT_HOLDS);
}
if (freeTimes.length) {
  live.follow({
    catchUp: async () => {
      await lookForFreeTimes();
      timesChanged(); // what somebody asked for a moment ago may be from before a change that this page missed
    },
  });
  live.on("times_changed", timesChanged);
}

if (document.querySelector("[data-new-case]")) void import("./new_case.js");

/** Only those who see the waiting room are alerted. */
const alarm = "alarm" in body.dataset ? new Alarm({ live, me, now, setNow, perform, minutes: times.minutes, words }) : undefined;
const lookForUnseen = soon(() => alarm?.look(), 30);
live.on("visit_talk", (talk) => void alarm?.heard(talk));
for (const change of ["arrived", "visit", "alerts_chosen"]) live.on(change, lookForUnseen);

/** A sentence of the page's. @param {string} key @param {Record<string, string>} [values] */
export function words(key, values) {
  const sentence = /** @type {HTMLElement | null} */ (clone("says").querySelector(`[data-when="${key}"]`));
  if (sentence && values) say(sentence, values);
  return sentence?.textContent ?? "";
}

/** Say something without asking for attention. @param {string} text */
export function announce(text) {
  news.say(text);
}

/** @param {string} text */
export function toast(text) {
  const element = show("[data-toast]", true);
  if (element) fill(element, { text });
  hideToast();
}
const hideToast = soon(() => show("[data-toast]", false), 8_000);

/**
 * Ask the server to do something; what it refuses is said in a toast.
 * @param {string} event @param {object} data @returns {Promise<any>} undefined when it was not done
 */
export async function perform(event, data) {
  try {
    return await live.request(event, data);
  } catch (error) {
    toast(error instanceof Refused ? error.message : words("unreachable"));
    return undefined;
  }
}

/** @param {string} id @returns {HTMLDialogElement} */
export function dialog(id) {
  return /** @type {HTMLDialogElement} */ (document.getElementById(id));
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-opens]");
  if (opener) dialog(opener.getAttribute("data-opens") ?? "").showModal();
  if (target.closest("[data-closes]")) target.closest("dialog")?.close();
  if (target.closest("[data-try-now]")) dispatchEvent(new Event("online"));
  if (target.closest("[data-try-bell]")) ring();
});
