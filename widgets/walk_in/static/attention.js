/** Calls somebody who looks elsewhere: sound, the page's title, vibration; and keeps the screen awake. */

import { isForbidden } from "./ways.js";

const STEPS = { turn: [523, 659, 784], message: [659] }; // hertz
const BEEP = 0.22; // seconds

export class Attention {
  /** @type {AudioContext | undefined} */
  #audio;
  #title = document.title;
  /** @type {any} */
  #lock;
  #holds = false;

  constructor() {
    // A browser lets a page sound only after somebody has touched it.
    addEventListener("pointerdown", () => this.#wakeAudio(), { once: true });
    addEventListener("keydown", () => this.#wakeAudio(), { once: true });
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** @param {"turn" | "message"} what @param {{ title: string, quiet?: boolean }} options */
  call(what, { title, quiet = false }) {
    if (!quiet) this.#sound(STEPS[what]);
    if (what === "turn") navigator.vibrate?.([300, 150, 300]);
    if (what === "turn" || document.visibilityState === "hidden") document.title = `● ${title}`;
  }

  calm() {
    document.title = this.#title;
  }

  /** The screen stays on while somebody waits. */
  async hold() {
    if (isForbidden("screen-wake-lock")) return;
    this.#holds = true;
    try {
      this.#lock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
    } catch {
      this.#lock = undefined; // the battery is low
    }
  }

  release() {
    this.#holds = false;
    void this.#lock?.release();
    this.calm();
  }

  #seen() {
    if (document.visibilityState !== "visible") return;
    this.calm();
    if (this.#holds) void this.hold();
  }

  #wakeAudio() {
    this.#audio ??= "AudioContext" in window ? new AudioContext() : undefined;
    void this.#audio?.resume();
  }

  /** @param {number[]} tones */
  #sound(tones) {
    this.#wakeAudio();
    tones.forEach((hertz, step) => this.#audio && beep(this.#audio, hertz, this.#audio.currentTime + step * BEEP));
  }
}

/** @param {AudioContext} audio @param {number} hertz @param {number} start */
function beep(audio, hertz, start) {
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.frequency.value = hertz;
  loudness.gain.setValueAtTime(0.001, start);
  loudness.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, start + BEEP);
  tone.connect(loudness).connect(audio.destination);
  tone.start(start);
  tone.stop(start + BEEP);
}
