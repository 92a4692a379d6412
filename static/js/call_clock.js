/** The clock of a consultation and how long it has lasted, a second at a time. */
import { fill } from "./template.js";
import { clock } from "./time.js";

export class CallClock {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #since = 0;

  /**
   * @param {HTMLElement} root with the slots `duration` and `clock`
   * @param {{ now?: () => number, times?: ReturnType<typeof clock> }} [options] the server's now, in milliseconds
   */
  constructor(root, { now = Date.now, times = clock() } = {}) {
    this.root = root;
    this.now = now;
    this.times = times;
  }

  /** @param {number | null} since in milliseconds; null while nobody talks */
  run(since) {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (since === null) {
      fill(this.root, { duration: null, clock: null });
      return;
    }
    this.#since = since;
    this.#timer = setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  #tick() {
    fill(this.root, { duration: lasted(this.now() - this.#since), clock: this.times.time(this.now()) });
  }
}

/** As a stopwatch shows it: 4:05, or 1:02:03. @param {number} milliseconds */
export function lasted(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
