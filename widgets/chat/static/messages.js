/** The log of a conversation: what was said, what is on its way, what happened. Sent looks sent, unsent looks unsent. */
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/**
 * @typedef {{ seq: number, client_id: string, author: string, name: string, text: string, at: string }} Line
 * @typedef {"waiting" | "sent" | "read" | "failed"} Fate
 */

const NEAR = 80; // pixels from the end that count as being there

export class Log {
  /** @type {Map<string, HTMLElement>} client id → bubble */
  #bubbles = new Map();
  /** @type {Map<string, number>} own messages that the clinic has not read: client id → number */
  #unread = new Map();
  #readTo = 0;
  #day = "";
  #clock = clock();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
  }

  clear() {
    this.#bubbles.clear();
    this.#unread.clear();
    this.#readTo = 0;
    this.#day = "";
    this.element.replaceChildren();
  }

  /** @param {Line} line said and saved; takes the place of the bubble that waited */
  said(line) {
    const mine = line.author === "patient";
    this.#stay(mine, () => {
      this.#bubbles.get(line.client_id)?.remove();
      this.#turnDay(line.at);
      this.#put(line.author === "system" ? clone("said-line", { text: line.text }) : this.#bubble(line, mine));
    });
    if (mine) this.#unread.set(line.client_id, line.seq);
    this.readTo(this.#readTo);
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

  /** @param {number} seq up to which the clinic has read */
  readTo(seq) {
    this.#readTo = Math.max(this.#readTo, seq);
    for (const [id, number] of this.#unread) {
      if (number > this.#readTo) continue;
      fill(/** @type {HTMLElement} */ (this.#bubbles.get(id)), { fate: { when: "read" } });
      this.#unread.delete(id);
    }
  }

  /** @param {string} what @param {Record<string, string>} [values] */
  happened(what, values = {}) {
    this.#stay(false, () => this.#put(clone("event-line", { event: { when: what, values } })));
  }

  /** @param {Line} line @param {boolean} mine */
  #bubble({ client_id: id, name, text, at }, mine) {
    const time = this.#clock.time(at);
    const bubble = mine
      ? clone("message", { message: { class: "k-msg k-msg--mine" }, text, name: null, time, fate: { when: "sent" } })
      : clone("message", { text, name, time, fate: null });
    this.#bubbles.set(id, bubble);
    return bubble;
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
