/** Finished cases: looked for by name and channel, the newest first, in pages; opened like any other. */
import { clone, fill } from "/static/js/template.js";
import { live, soon, times } from "/static/desk/desk.js";

/** @typedef {{ id: number, case_id: number, name: string, channel_id: number, channel: string, done_at: string, outcome: string | null }} Done */

export class DoneCases {
  /** @type {Done[]} */
  #items = [];
  #round = 0;

  /**
   * @param {HTMLElement} place
   * @param {{ card: (row: any) => HTMLElement, channel: () => number | undefined }} options
   */
  constructor(place, { card, channel }) {
    this.place = place;
    this.card = card;
    this.channel = channel;
    this.list = /** @type {HTMLElement} */ (place.querySelector("ul"));
    this.input = /** @type {HTMLInputElement} */ (place.querySelector("input"));
    this.more = /** @type {HTMLElement} */ (place.querySelector("[data-more]"));
    this.look = soon(() => void this.ask(), 200);
    this.input.addEventListener("input", () => this.look());
    this.more.addEventListener("click", () => void this.ask(this.#items.at(-1)?.case_id));
  }

  /** @param {number} id @returns {Done | undefined} */
  find(id) {
    return this.#items.find((one) => one.id === id);
  }

  /** @param {boolean} on */
  show(on) {
    this.place.hidden = !on;
    if (on) void this.ask();
  }

  /** @param {number} [before] the last one of the page before */
  async ask(before) {
    const round = ++this.#round;
    if (!before) this.#say("searching");
    try {
      const { items, more } = await live.request("done_cases", { text: this.input.value.trim(), channel: this.channel() ?? null, before: before ?? null });
      if (round !== this.#round) return; // a later search is under way
      this.#items = before ? [...this.#items, ...items] : items;
      this.draw();
      this.more.hidden = !more;
      this.#say(this.#items.length ? "" : "none");
    } catch {
      if (round === this.#round) this.#say("failed");
    }
  }

  draw() {
    this.list.replaceChildren(...this.#items.map((one) => this.card(one)));
  }

  /** Something changed: a case may have come or gone. */
  heard() {
    if (!this.place.hidden) this.look();
  }

  /** @param {number} id of the conversation that is open */
  mark(id) {
    for (const link of this.list.querySelectorAll("a")) {
      if (link.hash === `#${id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  /** @param {string} when */
  #say(when) {
    fill(this.place, { said: when ? { when } : null });
  }
}

/** @param {Done} one @param {{ name: string, initials: string, open: boolean }} shown */
export function doneCard(one, { name, initials, open }) {
  return clone("card", {
    link: { href: `#${one.id}`, "aria-current": open ? "true" : null, class: "k-case" },
    name,
    initials,
    channel: `${one.channel} · ${times.moment(one.done_at)}`,
    time: null,
    state: { when: one.outcome ? "done_so" : "done", values: { outcome: one.outcome }, class: "k-badge" },
    language: null,
    working: null,
    escalated: null,
    unread: null,
  });
}
