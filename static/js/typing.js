/** Who is writing at this moment, both ways: told seldom, ends by itself, kept by nobody. */
import { fill } from "./template.js";

const AGAIN = 4_000; // milliseconds between two words that somebody still writes
const STOPPED = 5_000; // without a key somebody has stopped
const FORGOTTEN = 9_000; // when nothing is heard any more

export class Typing {
  #told = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stop;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #forget;

  /** @param {{ input: HTMLTextAreaElement, place: Element | null, tell: (on: boolean) => void, signal?: AbortSignal }} options */
  constructor({ input, place, tell, signal }) {
    this.place = /** @type {HTMLElement | null} */ (place);
    this.tell = tell;
    input.addEventListener("input", () => (input.value.trim() ? this.#writes() : this.stops()), { signal });
  }

  #writes() {
    if (Date.now() - this.#told > AGAIN) {
      this.#told = Date.now();
      this.tell(true);
    }
    clearTimeout(this.#stop);
    this.#stop = setTimeout(() => this.stops(), STOPPED);
  }

  /** It was sent, or given up. */
  stops() {
    clearTimeout(this.#stop);
    if (this.#told) this.tell(false);
    this.#told = 0;
  }

  /** The other side. @param {{ name: string, on: boolean }} heard */
  heard({ name, on }) {
    clearTimeout(this.#forget);
    if (this.place) fill(this.place, { typing: on ? { values: { name } } : null });
    if (on) this.#forget = setTimeout(() => this.heard({ name, on: false }), FORGOTTEN);
  }
}
