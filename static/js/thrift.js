/**
 * Decides from what is seen of a connection how much picture is sent: a step less when it stays bad, a step more when it
 * stays good. A step up that turns out too bold is tried again only after a longer while, so that the picture does not
 * swing.
 */

/** @typedef {import("./call.js").Quality} Quality */

/** @type {import("./call.js").Level[]} */
const LEVELS = ["full", "reduced", "low"];
const BAD = 2; // looks in a row
const GOOD = 5;
const LONGEST = 40;

export class Thrift {
  #step = 0;
  #bad = 0;
  #good = 0;
  #patience = GOOD;
  #rising = false;

  /** @param {Quality | null} quality as it is seen now; null while nobody is connected */
  look(quality) {
    this.#bad = quality === "bad" ? this.#bad + 1 : 0;
    this.#good = quality === "good" ? this.#good + 1 : 0;
    if (this.#bad >= BAD) this.#lower();
    else if (this.#good >= this.#patience) this.#raise();
  }

  #lower() {
    if (this.#rising) this.#patience = Math.min(LONGEST, this.#patience * 2);
    this.#rising = false;
    this.#bad = 0;
    this.#step = Math.min(LEVELS.length, this.#step + 1);
  }

  #raise() {
    if (!this.#step) this.#patience = GOOD;
    this.#rising = this.#step > 0;
    this.#good = 0;
    this.#step = Math.max(0, this.#step - 1);
  }

  /** How much picture is sent. */
  get level() {
    return LEVELS[Math.min(this.#step, LEVELS.length - 1)];
  }

  /** Even the smallest picture is too much. */
  get hopeless() {
    return this.#step === LEVELS.length;
  }
}
