/** The dialog in which somebody chooses camera, microphone, loudspeaker and size of picture, and sees and hears oneself. */
import { devices, Meter } from "./media.js";
import { fill } from "./template.js";

const REMEMBERED = "konsulto:devices";

/**
 * @typedef {import("./media.js").Wishes & { speakerId?: string, whole?: boolean }} Chosen
 * @typedef {"cameraId" | "microphoneId" | "speakerId" | "picture"} Choice
 */

export class DeviceSettings {
  /** @type {MediaStream} */
  #own = new MediaStream();
  /** @type {Meter | undefined} */
  #meter;

  /**
   * @param {HTMLElement} root that holds the dialog
   * @param {object} options
   * @param {boolean} options.camera whether to open one from the start
   * @param {boolean} options.resizable whether the size of the picture may be chosen
   * @param {(name: Choice, value: string, before: Chosen) => Promise<void>} options.apply rejects when it does not work
   * @param {import("./store.js").Store} [options.store] where choices are remembered
   * @param {AbortSignal} options.signal when it is of no use any more
   */
  constructor(root, { camera, resizable, apply, store, signal }) {
    this.root = root;
    this.apply = apply;
    this.store = store;
    this.resizable = resizable;
    const { picture, ...remembered } = store?.get(REMEMBERED) ?? {};
    /** @type {Chosen} */
    this.chosen = { ...remembered, ...(resizable ? { picture } : {}), camera };
    this.dialog = /** @type {HTMLDialogElement} */ (root.querySelector("dialog[data-settings]"));
    this.dialog.addEventListener("change", (event) => void this.#change(event), { signal });
    this.dialog.addEventListener("close", () => this.#rest(), { signal });
    signal.addEventListener("abort", () => this.#rest());
  }

  /** @param {Partial<Chosen>} choice that works */
  remember(choice) {
    this.chosen = { ...this.chosen, ...choice };
    const { cameraId, microphoneId, speakerId, picture, whole } = this.chosen;
    this.store?.set(REMEMBERED, { cameraId, microphoneId, speakerId, picture, whole });
  }

  /** @param {boolean} [first] before taking part @returns {Promise<void>} when it is closed */
  async open(first = false) {
    const own = (/** @type {string} */ kind) => this.#own.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId;
    await this.#list("cameraId", "videoinput", own("video"));
    await this.#list("microphoneId", "audioinput", own("audio"));
    await this.#list("speakerId", "audiooutput", this.chosen.speakerId);
    this.#select("picture").value = this.chosen.picture ?? "auto";
    this.#fieldOf("picture").hidden = !this.resizable;
    fill(this.dialog, { settings_done: { when: first ? "join" : "done" }, settings_trouble: null });
    this.dialog.showModal();
    this.show(this.#own);
    await new Promise((closed) => this.dialog.addEventListener("close", closed, { once: true }));
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  /** @param {MediaStream} own what camera and microphone give now */
  show(own) {
    this.#own = own;
    this.#rest();
    if (!this.dialog.open) return;
    const preview = /** @type {HTMLVideoElement} */ (this.dialog.querySelector("video"));
    preview.srcObject = new MediaStream(own.getVideoTracks());
    preview.play().catch(() => {});
    const level = /** @type {HTMLMeterElement} */ (this.dialog.querySelector("meter"));
    const [sound] = own.getAudioTracks();
    if (sound) this.#meter = new Meter(sound, (loudness) => (level.value = loudness));
    fill(this.dialog, { no_preview: !own.getVideoTracks().length });
  }

  #rest() {
    this.#meter?.stop();
    this.#meter = undefined;
    /** @type {HTMLVideoElement} */ (this.dialog.querySelector("video")).srcObject = null;
  }

  /** @param {string} name @returns {HTMLSelectElement} */
  #select(name) {
    return /** @type {HTMLSelectElement} */ (this.dialog.querySelector(`[name=${name}]`));
  }

  /** @param {string} name @returns {HTMLElement} */
  #fieldOf(name) {
    return /** @type {HTMLElement} */ (this.#select(name).closest(".k-field"));
  }

  /** @param {string} name @param {MediaDeviceKind} kind @param {string | undefined} chosen */
  async #list(name, kind, chosen) {
    const found = await devices(kind);
    this.#select(name).replaceChildren(...found.map((device) => new Option(device.label, device.deviceId, false, device.deviceId === chosen)));
    this.#fieldOf(name).hidden = !found.length || (kind === "audiooutput" && !("setSinkId" in HTMLMediaElement.prototype));
  }

  /** The last choice that worked stays in force. @param {Event} event */
  async #change(event) {
    const { name, value } = /** @type {{ name: Choice, value: string }} */ (/** @type {unknown} */ (event.target));
    const before = this.chosen;
    this.chosen = { ...before, [name]: value };
    fill(this.dialog, { settings_trouble: null });
    try {
      await this.apply(name, value, before);
      this.remember({});
    } catch {
      this.chosen = before;
      this.#select(name).value = before[name] ?? this.#usual(name);
      fill(this.dialog, { settings_trouble: { when: name === "picture" ? "picture" : "device" } });
    }
  }

  /** What is in force where nothing was chosen. @param {Choice} name */
  #usual(name) {
    if (name === "picture") return "auto";
    const kind = name === "cameraId" ? "video" : "audio";
    return this.#own.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId ?? "";
  }
}
