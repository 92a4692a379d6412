/** The list of channels: how each stands now, said in words, and when it turns by itself. */
import { fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/** @typedef {{ id: number, state: string, opens_at: string | null, changes_at: string | null, takes_questions: boolean, waiting?: number | null, wait_minutes?: number | null }} Standing */

const DAY = 86_400_000;
const LONGEST_WAIT = DAY / 4; // a timer's milliseconds must fit into 31 bits, and a laptop's sleep stops it

export class Channels {
  /** @type {Map<number, Standing>} */
  #known = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} root @param {{ zone?: string, ask: () => void }} options `ask` fetches how all stand */
  constructor(root, { zone, ask }) {
    this.root = root;
    this.ask = ask;
    this.there = clock({ zone });
    for (const row of rowsOf(root)) this.stand(standingOf(row));
  }

  /** @param {Standing} standing */
  stand(standing) {
    const row = this.#row(standing.id);
    if (!row) return;
    this.#known.set(standing.id, standing);
    const isClosed = standing.state === "closed";
    const questions = isClosed && standing.takes_questions;
    /** @type {HTMLButtonElement} */ (row.querySelector("button")).disabled = isClosed;
    fill(row, { badge: { when: standing.state }, about: this.#about(standing), wait: this.#waits(standing), questions });
    this.#tellAllClosed();
    this.#waitForTurn();
  }

  /** The only one there is, while it is open: then there is nothing to choose. */
  get only() {
    const [one, other] = [...this.#known.values()];
    return one && !other && one.state !== "closed" ? one.id : undefined;
  }

  /** How all of them stand together: one that is open counts most. */
  get state() {
    const states = [...this.#known.values()].map(({ state }) => state);
    return ["open", "congested"].find((state) => states.includes(state)) ?? "closed";
  }

  /** @param {number} id @returns {number | null} minutes until somebody answers, as far as the clinic can tell */
  minutes(id) {
    return this.#known.get(id)?.wait_minutes ?? null;
  }

  /** @param {number} id */
  isBusy(id) {
    return this.#known.get(id)?.state === "congested";
  }

  /** @param {number} id @returns {{ name: string, notice: string }} */
  wordsOf(id) {
    const row = this.#row(id);
    const name = row?.querySelector("[data-slot=name]")?.textContent ?? "";
    return { name, notice: row?.querySelector("[data-when=congested]")?.textContent ?? "" };
  }

  /** @param {Standing} standing */
  #waits({ state, wait_minutes: minutes }) {
    return state !== "closed" && minutes ? { values: { minutes: this.there.length(minutes) } } : null;
  }

  /** @param {Standing} standing */
  #about({ state, opens_at: opens }) {
    if (state !== "closed" || !opens) return { when: state };
    return { when: this.#nearness(opens), values: { day: this.there.weekday(opens), time: this.there.time(opens) } };
  }

  /** @param {string} opens */
  #nearness(opens) {
    const day = this.there.isoDate(opens);
    if (day === this.there.isoDate(Date.now())) return "today";
    return day === this.there.isoDate(Date.now() + DAY) ? "tomorrow" : "later";
  }

  #tellAllClosed() {
    const standings = [...this.#known.values()];
    const part = /** @type {HTMLElement} */ (this.root.querySelector("[data-part=all-closed]"));
    part.hidden = standings.some(({ state }) => state !== "closed") || !standings.length;
  }

  /** Opening hours turn without anybody doing anything. */
  #waitForTurn() {
    clearTimeout(this.#timer);
    const moments = [...this.#known.values()].flatMap(({ changes_at: at }) => (at ? [Date.parse(at)] : []));
    const next = Math.min(...moments) - Date.now();
    this.#timer = setTimeout(() => this.ask(), Math.max(1000, Math.min(next + 500, LONGEST_WAIT)));
  }

  /** @param {number} id */
  #row(id) {
    return rowsOf(this.root).find((row) => Number(row.dataset.channel) === id);
  }
}

/** @param {HTMLElement} root @returns {HTMLElement[]} */
function rowsOf(root) {
  return [...root.querySelectorAll("[data-channel]")].map((row) => /** @type {HTMLElement} */ (row));
}

/** @param {HTMLElement} row @returns {Standing} */
function standingOf({ dataset }) {
  return {
    id: Number(dataset.channel),
    state: dataset.state ?? "",
    wait_minutes: Number(dataset.minutes) || null,
    opens_at: dataset.opens || null,
    changes_at: dataset.changes || null,
    takes_questions: "questions" in dataset,
  };
}
