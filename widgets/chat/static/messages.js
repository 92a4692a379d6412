/** The log of a conversation: what was said, what is on its way, what happened. Sent looks sent, unsent looks unsent. */
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/**
 * @typedef {import("/static/js/said.js").Line} Line
 * @typedef {"waiting" | "sent" | "received" | "read" | "failed"} Fate
 */

const NEAR = 80; // pixels from the end that count as being there

export class Log {
  /** @type {Map<string, HTMLElement>} client id → bubble */
  #bubbles = new Map();
  /** @type {Map<string, number>} own messages that the clinic has not read: client id → number */
  #unread = new Map();
  #reach = { has: 0, read: 0 };
  #day = "";
  #clock = clock();

  /** @param {HTMLElement} element @param {import("/static/js/said.js").Said} drawn */
  constructor(element, drawn) {
    this.element = element;
    this.drawn = drawn;
  }

  clear() {
    this.#bubbles.clear();
    this.#unread.clear();
    this.#reach = { has: 0, read: 0 };
    this.#day = "";
    this.element.replaceChildren();
  }

  /** @param {Line} line said and saved, or changed; takes the place of the bubble that waited, or of what was there */
  said(line) {
    const mine = line.author === "patient";
    this.#stay(mine && line.changed === line.seq, () => {
      const waiting = this.#bubbles.get(line.client_id);
      if (waiting && !waiting.dataset.seq) waiting.remove();
      this.#place(line, this.#bubble(line, mine));
    });
    if (mine) this.#unread.set(line.client_id, line.seq);
    this.reach(this.#reach);
  }

  /** @param {Line} line @param {HTMLElement} bubble */
  #place(line, bubble) {
    const last = [...this.element.querySelectorAll("[data-seq]")].pop();
    if (!last || Number(/** @type {HTMLElement} */ (last).dataset.seq) < line.seq) this.#turnDay(line.at);
    this.drawn.place(bubble, this.element.querySelector(".k-msg--pending"));
  }

  /** @param {string} id @param {string} text what the person wrote and the server does not have yet */
  waiting(id, text) {
    const bubble = clone("message", {
      message: { class: "k-msg k-msg--mine k-msg--pending" }, text, name: null, time: null, fate: { when: "waiting" },
    });
    this.#bubbles.set(id, bubble);
    this.#stay(true, () => this.element.append(bubble));
  }

  /** @param {string} id @param {string} reason in the server's words */
  failed(id, reason) {
    const bubble = this.#bubbles.get(id);
    if (!bubble) return;
    bubble.className = "k-msg k-msg--mine k-msg--failed";
    fill(bubble, { fate: { when: "failed" }, reason, remove: true });
    bubble.querySelector("button")?.addEventListener("click", () => bubble.remove());
  }

  /** How far the clinic has received and read what was written. @param {{ has: number, read: number }} reach */
  reach({ has, read }) {
    this.#reach = { has: Math.max(this.#reach.has, has), read: Math.max(this.#reach.read, read) };
    for (const [id, number] of this.#unread) {
      if (number > this.#reach.has) continue;
      const seen = number <= this.#reach.read;
      fill(/** @type {HTMLElement} */ (this.#bubbles.get(id)), { fate: { when: seen ? "read" : "received" } });
      if (seen) this.#unread.delete(id);
    }
  }

  /** @param {string} what @param {Record<string, string>} [values] */
  happened(what, values = {}) {
    this.#stay(false, () => this.#put(clone("event-line", { event: { when: what, values } })));
  }

  /** @param {Line} line @param {boolean} mine */
  #bubble(line, mine) {
    if (line.author === "system") return this.drawn.draw(clone("said-line"), line, false);
    const time = this.#clock.time(line.at);
    const bubble = mine
      ? clone("message", { message: { class: "k-msg k-msg--mine" }, name: null, time, fate: { when: "sent" } })
      : clone("message", { name: line.name, time, fate: null });
    this.#bubbles.set(line.client_id, bubble);
    return this.drawn.draw(bubble, line, mine);
  }

  /** @param {string} at */
  #turnDay(at) {
    const day = this.#clock.day(at);
    if (day !== this.#day) this.#put(clone("day-line", { day }));
    this.#day = day;
  }

  /** What waits to be sent stays at the end. @param {HTMLElement} element */
  #put(element) {
    const pending = this.element.querySelector(".k-msg--pending");
    if (pending) pending.before(element);
    else this.element.append(element);
  }

  /** Follows what is new, unless the person reads further up. @param {boolean} always @param {() => void} change */
  #stay(always, change) {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    const follows = always || scrollHeight - scrollTop - clientHeight < NEAR;
    change();
    if (follows) this.element.scrollTop = this.element.scrollHeight;
  }
}
