/** The chosen time is kept while the visitor tells who it is for; the page says for how long. */
import { Refused } from "/static/js/ask.js";
import { fill } from "/static/js/template.js";

/** @typedef {{ id: string, start: string, end: string, practitioner: string }} Slot */

const two = new Intl.NumberFormat(document.documentElement.lang, { minimumIntegerDigits: 2 });
const number = new Intl.NumberFormat(document.documentElement.lang);

export class Holding {
  /** @type {Slot | undefined} */
  #slot;
  #ends = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {import("/static/js/visitor.js").Visitor} options.visitor
   * @param {HTMLElement} options.view
   * @param {() => Record<string, number>} options.wanted
   * @param {(nearest: Slot[]) => void} options.taken somebody else has the time, or holds it
   */
  constructor({ visitor, view, wanted, taken }) {
    this.visitor = visitor;
    this.view = view;
    this.wanted = wanted;
    this.taken = taken;
    addEventListener("pagehide", () => this.#slot && void this.#giveBack({ keepalive: true }));
  }

  /** @param {Slot} slot */
  async keep(slot) {
    this.stop();
    this.#slot = slot;
    try {
      const { seconds } = await this.visitor.ask("/holds", { body: { slot: slot.id, ...this.wanted() } });
      if (this.#slot === slot) this.#count(seconds);
    } catch (error) {
      if (this.#slot !== slot) return;
      this.#slot = undefined;
      const nearest = error instanceof Refused && /** @type {{ nearest?: Slot[] }} */ (error.answer).nearest;
      if (nearest) this.taken(nearest); // otherwise it can be booked all the same
    }
  }

  /** Another time is chosen. */
  async letGo() {
    const held = this.#slot;
    this.stop();
    if (held) await this.#giveBack();
  }

  /** Nothing is said any more; what is kept stays kept. */
  stop() {
    clearInterval(this.#timer);
    this.#slot = undefined;
    fill(this.view, { kept: false, nearly_over: false, lapsed: false });
  }

  /** @param {{ keepalive?: boolean }} [options] */
  #giveBack(options) {
    return this.visitor.ask("/holds", { method: "DELETE", ...options }).catch(() => {}); // it expires by itself
  }

  /** @param {number} seconds */
  #count(seconds) {
    this.#ends = Date.now() + seconds * 1000;
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  #tick() {
    const left = Math.max(0, Math.ceil((this.#ends - Date.now()) / 1000));
    if (!left) clearInterval(this.#timer);
    fill(this.view, {
      kept: left > 0,
      left: { values: { left: `${number.format(Math.floor(left / 60))}:${two.format(left % 60)}` } },
      nearly_over: left > 0 && left <= 60,
      lapsed: !left,
    });
  }
}
