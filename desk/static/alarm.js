/**
 * Somebody waits and nobody has seen it: every page of the desk shows them, one page rings again and again until a
 * colleague has, and whoever looks elsewhere is told by the system where they have chosen that.
 */
import { clone, fill } from "/static/js/template.js";
import { minutesBetween } from "/static/js/time.js";
import { canSound, onTouch, ring } from "./bell.js";

/**
 * @typedef {{ id: number, name: string, department: string, since: string, escalated: boolean }} Unseen
 * @typedef {{ items: Unseen[], more: number, bell: boolean, desktop: boolean, now: string }} Answer
 *
 * @typedef {object} Desk what the alarm needs of the page it runs in
 * @property {import("/static/js/connect.js").Connection} live
 * @property {number} me
 * @property {() => number} now
 * @property {(moment: string) => void} setNow
 * @property {(event: string, data: object) => Promise<any>} perform
 * @property {(minutes: number) => string} minutes
 * @property {(key: string) => string} words
 */

const EVERY = Number(document.body.dataset.ringEvery) * 1000;
const REDRAW = 10_000;
const LOOK = 60_000;
const SCOPE = "/desk/"; // the service worker's

export class Alarm {
  /** @type {Answer | undefined} */
  #answer;
  /** @type {Map<number, Notification | undefined>} visits that were told of, with what the system shows for them */
  #told = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #rhythm;
  /** @type {Map<number, number>} how many messages of a visit were told of */
  #heard = new Map();
  #leads = false;
  #root = /** @type {HTMLElement} */ (document.querySelector("[data-unseen]"));

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    void this.#lead();
    onTouch(() => {
      if (!this.#leads) void this.#lead({ steal: true });
      this.#draw();
    });
    if (navigator.locks) void this.#beVisible();
    this.#root.addEventListener("click", (event) => void this.#seen(event));
    setInterval(() => this.#draw(), REDRAW);
    setInterval(() => this.#answer?.items.length && void this.look(), LOOK);
  }

  /** Ask who waits unseen; what is new since the last time rings at once. */
  async look() {
    const answer = /** @type {Answer | undefined} */ (await this.desk.live.request("alerts").catch(() => undefined));
    if (!answer) return;
    this.desk.setNow(answer.now);
    const begins = !this.#answer;
    const fresh = answer.items.filter(({ id }) => !this.#told.has(id));
    this.#answer = answer;
    this.#root.dataset.asked = "true";
    for (const { id } of fresh) this.#told.set(id, undefined);
    this.#withdraw();
    this.#draw();
    this.#keepRinging();
    if (begins || !fresh.length) return;
    this.#ring();
    for (const unseen of fresh) void this.#notify(unseen);
  }

  /**
   * What a patient writes rings once where nobody looks, and is shown beside the browser to whoever wants that.
   * @param {{ id: number, messages: number, last: string | null, unread: number }} talk
   */
  async heard({ id, messages, last, unread }) {
    const known = (this.#heard.get(id) ?? 0) >= messages; // read and taken up again are told of too
    this.#heard.set(id, messages);
    if (known || last !== "patient" || !unread || !this.#answer || (await this.#isLookedAt())) return;
    this.#ring();
    if (this.#answer.desktop && this.#leads) await notify(this.desk.words("patient-wrote"), { tag: `message-${id}` });
  }

  #keepRinging() {
    const wanted = Boolean(this.#answer?.items.length);
    if (wanted) this.#rhythm ??= setInterval(() => this.#ring(), EVERY);
    else {
      clearInterval(this.#rhythm);
      this.#rhythm = undefined;
    }
  }

  #ring() {
    if (this.#answer?.bell && this.#leads) ring();
  }

  /** Of a person's pages one sounds: a touched one, the last to become that, for browsers keep others silent. @param {LockOptions} [options] */
  async #lead(options = {}) {
    if (!navigator.locks) {
      this.#leads = true;
      return;
    }
    try {
      await navigator.locks.request(`konsulto-bell-${this.desk.me}`, options, () => this.#stay());
    } catch {
      this.#leads = false; // another page was touched for the first time
      void this.#lead();
    }
  }

  /** @returns {Promise<void>} for as long as the page is there */
  #stay() {
    this.#leads = true;
    return new Promise(() => {});
  }

  /** Pages that somebody sees say so by a lock that all of them share. */
  async #beVisible() {
    if (document.visibilityState === "visible") {
      await navigator.locks.request(this.#seenLock, { mode: "shared" }, () => hidden());
    } else await visible();
    setTimeout(() => void this.#beVisible());
  }

  get #seenLock() {
    return `konsulto-seen-${this.desk.me}`;
  }

  async #isLookedAt() {
    const { held } = (await navigator.locks?.query()) ?? {};
    return document.visibilityState === "visible" || Boolean(held?.some(({ name }) => name === this.#seenLock));
  }

  /** Neither name nor reason: others may look at the same screen. @param {Unseen} unseen */
  async #notify({ id, department }) {
    if (!this.#answer?.desktop || !this.#leads || (await this.#isLookedAt())) return;
    this.#told.set(id, await notify(this.desk.words("somebody-waits"), { body: department, tag: `visit-${id}` }));
  }

  /** What the system shows of those who were seen goes. */
  #withdraw() {
    const still = new Set(this.#answer?.items.map(({ id }) => id));
    for (const [id, shown] of this.#told) {
      if (still.has(id)) continue;
      shown?.close();
      this.#told.delete(id);
    }
  }

  #draw() {
    if (!this.#answer) return;
    const { items, more, bell } = this.#answer;
    const focused = this.#root.contains(document.activeElement);
    this.#root.hidden = !items.length;
    this.#arrange(items);
    fill(this.#root, {
      more: more ? { values: { n: more } } : null,
      silent: bell && "bell" in document.body.dataset && !canSound(),
    });
    if (focused && !this.#root.contains(document.activeElement)) this.#refocus();
  }

  /** @param {Unseen[]} items */
  #arrange(items) {
    const list = /** @type {HTMLElement} */ (this.#root.querySelector("ul"));
    const rows = new Map([...list.children].map((row) => [Number(/** @type {HTMLElement} */ (row).dataset.id), row]));
    for (const unseen of items) {
      const row = /** @type {HTMLElement} */ (rows.get(unseen.id)) ?? list.appendChild(clone("unseen"));
      rows.delete(unseen.id);
      this.#put(row, unseen);
    }
    for (const row of rows.values()) row.remove();
  }

  /** @param {HTMLElement} row @param {Unseen} unseen */
  #put(row, { id, name, since, escalated }) {
    row.dataset.id = String(id);
    const minutes = minutesBetween(since, this.desk.now());
    const waits = minutes ? { when: "minutes", values: { minutes: this.desk.minutes(minutes) } } : { when: "now" };
    fill(row, { name, waits, escalated, of: name });
  }

  /** Whoever works by keyboard goes on where the button was. */
  #refocus() {
    const next = this.#root.querySelector("button") ?? document.getElementById("main");
    /** @type {HTMLElement | null} */ (next)?.focus();
  }

  /** @param {Event} event */
  async #seen(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-seen]");
    const row = /** @type {HTMLElement | null} */ (button?.closest("li"));
    if (!row || !(await this.desk.perform("acknowledge", { id: Number(row.dataset.id) }))) return;
    await this.look();
  }
}

/**
 * Show something beside the browser; by the service worker where there is one, which phones ask for.
 * @param {string} title @param {NotificationOptions} options @returns {Promise<Notification | undefined>}
 */
export async function notify(title, options) {
  if (!("Notification" in window) || Notification.permission !== "granted") return undefined;
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE).catch(() => undefined);
  if (registration?.active) {
    await registration.showNotification(title, options);
    return (await registration.getNotifications({ tag: options.tag }))[0];
  }
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
  return shown;
}

/** @returns {Promise<void>} */
function hidden() {
  return turned("hidden");
}

/** @returns {Promise<void>} */
function visible() {
  return turned("visible");
}

/** @param {DocumentVisibilityState} state @returns {Promise<void>} once the page has become that */
function turned(state) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== state) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}
