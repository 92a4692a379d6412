/** A look, before it matters, whether camera, microphone, loudspeaker and network work. The words are the server's. */
import { Meter, openMedia } from "./media.js";
import { checkNetwork } from "./network_check.js";
import { fill } from "./template.js";

const HEARD = 0.03; // of the loudest that a microphone can tell
const SILENT = 6_000; // milliseconds of silence until a microphone counts as dead
const NOTE = { hertz: 660, seconds: 0.6 };

/**
 * @typedef {"works" | "fails" | null} Verdict
 * @typedef {{
 *   camera: Verdict, microphone: Verdict, speaker: Verdict, network: import("./network_check.js").Network | null,
 *   bandwidth: import("./network_check.js").Bandwidth | null,
 * }} Found
 */

export class DeviceCheck {
  /** @type {Found} */
  found = { camera: null, microphone: null, speaker: null, network: null, bandwidth: null };
  /** @type {MediaStream | undefined} */
  #stream;
  /** @type {Meter | undefined} */
  #meter;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  #open = false;
  #round = 0; // what a look finds that was begun anew, or ended, is of no use

  /**
   * @param {HTMLElement} root
   * @param {import("./connect.js").Connection} [live] without it the network is not tried, and nobody is told
   * @param {(found: Found) => void} [onFound]
   */
  constructor(root, live, onFound = () => {}) {
    this.root = root;
    this.live = live;
    this.onFound = onFound;
    this.picture = /** @type {HTMLVideoElement} */ (root.querySelector("video[data-slot=preview]"));
    this.level = /** @type {HTMLMeterElement} */ (root.querySelector("meter"));
    root.addEventListener("click", this.#clicks);
    fill(root, { network_verdict: Boolean(live), told: Boolean(live) });
  }

  /** @param {MouseEvent} event */
  #clicks = (event) => this.#clicked(/** @type {HTMLElement} */ (event.target));

  /** Whoever comes after begins anew. */
  end() {
    this.close();
    this.root.removeEventListener("click", this.#clicks);
  }

  async open() {
    this.close();
    this.#open = true;
    const round = this.#round;
    this.found = { ...this.found, camera: null, microphone: null, network: null, bandwidth: null };
    fill(this.root, { camera_verdict: { when: "looking" }, microphone_verdict: { when: "looking" }, heard_it: false });
    const { stream, trouble, missing } = await openMedia();
    if (round !== this.#round) {
      stop(stream);
      return;
    }
    void this.#tryNetwork();
    this.#stream = stream;
    const without = missing.length === 2 ? "both" : missing[0];
    fill(this.root, { trouble: trouble ? { when: trouble } : null, without: trouble ? { when: without } : null });
    this.#seeCamera(stream);
    this.#hearMicrophone(stream);
  }

  /** Lets the devices go. */
  close() {
    this.#open = false;
    this.#round++;
    clearTimeout(this.#silence);
    this.#meter?.stop();
    this.#meter = undefined;
    if (this.#stream) stop(this.#stream);
    this.#stream = undefined;
    this.picture.srcObject = null;
  }

  /** After the devices were asked for: a browser that may use them tells its ways without disguise. */
  async #tryNetwork() {
    if (!this.live) return;
    const round = this.#round;
    fill(this.root, { network_verdict: { when: "looking" }, bandwidth_verdict: null });
    const found = await checkNetwork(this.live).catch(() => null);
    if (round !== this.#round) return;
    if (found) this.found = { ...this.found, ...found };
    fill(this.root, { network_verdict: { when: found?.network ?? "unknown" }, bandwidth_verdict: found && found.network !== "fails" ? { when: found.bandwidth } : null });
    if (found) this.onFound(this.found);
  }

  /** @param {MediaStream} stream */
  #seeCamera(stream) {
    if (!stream.getVideoTracks().length) {
      this.#note("camera", "fails");
      return;
    }
    this.picture.srcObject = new MediaStream(stream.getVideoTracks());
    this.picture.play().catch(() => {});
    this.picture.requestVideoFrameCallback(() => this.#open && this.#note("camera", "works"));
  }

  /** @param {MediaStream} stream */
  #hearMicrophone(stream) {
    const [track] = stream.getAudioTracks();
    if (!track) {
      this.#note("microphone", "fails");
      return;
    }
    this.#silence = setTimeout(() => this.found.microphone ?? this.#note("microphone", "fails"), SILENT);
    this.#meter = new Meter(track, (level) => {
      this.level.value = level;
      if (level > HEARD && this.found.microphone !== "works") this.#note("microphone", "works");
    });
  }

  /** @param {HTMLElement} target */
  #clicked(target) {
    const act = target.closest("[data-check]")?.getAttribute("data-check");
    if (act === "play") this.#play();
    else if (act === "again") void this.open();
    else if (act === "heard" || act === "not-heard") this.#note("speaker", act === "heard" ? "works" : "fails");
  }

  /** A sound that rises and falls gently. */
  #play() {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = NOTE.hertz;
    loudness.gain.setValueAtTime(0, audio.currentTime);
    loudness.gain.linearRampToValueAtTime(0.3, audio.currentTime + NOTE.seconds / 3);
    loudness.gain.linearRampToValueAtTime(0, audio.currentTime + NOTE.seconds);
    tone.connect(loudness).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + NOTE.seconds);
    tone.onended = () => void audio.close();
    fill(this.root, { heard_it: true, speaker_verdict: null });
  }

  /** @param {"camera" | "microphone" | "speaker"} device @param {"works" | "fails"} verdict */
  #note(device, verdict) {
    this.found = { ...this.found, [device]: verdict };
    fill(this.root, { [`${device}_verdict`]: { when: verdict }, ...(device === "speaker" ? { heard_it: false } : {}) });
    this.onFound(this.found);
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
