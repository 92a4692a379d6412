/**
 * The stage of a call: the other side's picture, the own one, and the tools. It speaks to an Engine and knows nothing of
 * how picture and sound travel. Words and elements are the server's (web/templates/_stage.html).
 */
import { peerToPeer } from "./call.js";
import { devices, openDevice, openMedia, resize } from "./media.js";
import { fill } from "./template.js";

const LOOK = 3_000; // milliseconds between looks at the quality

/**
 * @param {object} options
 * @param {HTMLElement} options.root that holds stage, tools and settings
 * @param {import("./connect.js").Connection} options.live
 * @param {object} [options.seat] what the server needs beside, to know which call is meant
 * @param {boolean} [options.camera] whether to open one from the start
 * @param {ReturnType<typeof import("./store.js").store>} [options.store] where choices are remembered
 */
export function stage(options) {
  return new Stage(options);
}

class Stage {
  /** @type {import("./media.js").Wishes & { speakerId?: string, whole?: boolean }} */
  #chosen;
  /** @type {MediaStream} */
  #own = new MediaStream();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looks;
  #over = false;
  #aborted = new AbortController();

  /** @param {any} options */
  constructor({ root, live, seat, camera = true, store }) {
    this.root = root;
    this.store = store;
    this.#chosen = { ...store?.get("konsulto:devices"), camera };
    this.engine = peerToPeer({ live, seat, onOthers: () => this.#draw(), onElsewhere: () => this.#yield() });
    this.picture = this.#video("picture");
    this.self = this.#video("self_picture");
    this.#bind();
  }

  /** Opens the devices, which may ask the person, and takes part; with nothing to send too. */
  async open() {
    this.root.dataset.call = "opening";
    this.#draw();
    const { stream, trouble, missing } = await openMedia(this.#chosen);
    if (this.#over) {
      stop(stream);
      return;
    }
    this.#show(stream);
    this.root.dataset.call = "on";
    fill(this.root, { trouble: trouble ? { when: trouble } : null, without: trouble ? { when: missing.length === 2 ? "both" : missing[0] } : null });
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.#lost(track));
    await this.engine.join(stream);
    this.#looks = setInterval(() => void this.#look(), LOOK);
    this.#draw();
  }

  /** The person goes on in another window; here everything is off until they want it back. */
  #yield() {
    clearInterval(this.#looks);
    stop(this.#own);
    this.#show(new MediaStream());
    this.root.dataset.call = "elsewhere";
    this.#draw();
  }

  /** @param {MediaStream} stream what is sent, and seen by oneself */
  #show(stream) {
    this.#own = stream;
    this.self.srcObject = stream;
    this.self.play().catch(() => {}); // replaced before it began
  }

  /** Everything off: the lamp of the camera too. */
  close() {
    this.#over = true;
    this.#aborted.abort();
    clearInterval(this.#looks);
    this.engine.leave();
    stop(this.#own);
    this.self.srcObject = null;
    this.picture.srcObject = null;
    delete this.root.dataset.call;
    if (document.pictureInPictureElement === this.picture) void document.exitPictureInPicture();
  }

  /** @param {string} slot @returns {HTMLVideoElement} */
  #video(slot) {
    return /** @type {HTMLVideoElement} */ (this.root.querySelector(`video[data-slot=${slot}]`));
  }

  #bind() {
    const does = /** @type {Record<string, () => void | Promise<void>>} */ ({
      microphone: () => this.#switch("audio"),
      camera: () => this.#switch("video"),
      settings: () => this.#openSettings(),
      fit: () => this.#fit(),
      small: () => this.#pictureInPicture(),
      full: () => this.#fullScreen(),
      listen: () => this.#listen(),
      here: () => this.open(),
    });
    const signal = this.#aborted.signal;
    this.root.addEventListener("click", (/** @type {Event} */ event) => {
      const tool = /** @type {HTMLElement} */ (event.target).closest?.("[data-tool]")?.getAttribute("data-tool");
      if (tool) void does[tool]?.();
    }, { signal });
    this.root.querySelector("[data-settings]")?.addEventListener("change", (/** @type {Event} */ event) => void this.#change(event), { signal });
    const small = this.root.querySelector("[data-tool=small]");
    if (small) small.hidden = !document.pictureInPictureEnabled;
    const full = this.root.querySelector("[data-tool=full]");
    if (full) full.hidden = !document.fullscreenEnabled;
  }

  #draw() {
    if (this.#over) return;
    const other = this.engine.others[0];
    const state = this.#stateOf(other);
    if (other && this.picture.srcObject !== other.stream) {
      this.picture.srcObject = other.stream;
      void this.#listen();
    }
    if (!other) this.picture.srcObject = null;
    fill(this.root, {
      curtain: state !== "seen",
      here: state === "elsewhere",
      says: { when: state, values: { name: other?.name } },
      hint: { when: state, values: { name: other?.name } },
      other_name: other ? { values: { name: other.name } } : null,
      other_muted: Boolean(other && !other.media.microphone),
      ...this.#ownSlots(),
    });
    this.root.dataset.sees = state;
  }

  /** @param {import("./call.js").Other | undefined} other */
  #stateOf(other) {
    const own = this.root.dataset.call;
    if (own === "opening" || own === "elsewhere") return own;
    if (!other) return "alone";
    if (other.state !== "connected") return other.state;
    return other.media.camera ? "seen" : "heard";
  }

  #ownSlots() {
    const { microphone, camera } = this.#sends();
    this.#press("microphone", !microphone);
    this.#press("camera", !camera);
    return {
      microphone_words: { when: microphone ? "on" : "off" },
      camera_words: { when: camera ? "on" : "off" },
      self_off: !camera,
    };
  }

  /** @param {string} tool @param {boolean} off */
  #press(tool, off) {
    const button = this.root.querySelector(`[data-tool=${tool}]`);
    button?.classList.toggle("k-tool--off", off);
    button?.setAttribute("aria-pressed", String(off));
  }

  #sends() {
    const on = (/** @type {MediaStreamTrack | undefined} */ track) => Boolean(track?.enabled && track.readyState === "live");
    return { microphone: on(this.#own.getAudioTracks()[0]), camera: on(this.#own.getVideoTracks()[0]) };
  }

  /** A microphone is silenced; a camera is let go, so that its lamp goes out. @param {"audio" | "video"} kind */
  async #switch(kind) {
    const track = this.#own.getTracks().find((known) => known.kind === kind);
    if (kind === "audio" && track) track.enabled = !track.enabled;
    else if (track) await this.#letGo(track);
    else await this.#take(kind);
    this.engine.tell(this.#sends());
    this.#draw();
  }

  /** @param {MediaStreamTrack} track */
  async #letGo(track) {
    track.stop();
    this.#own.removeTrack(track);
    await this.engine.send(/** @type {"audio" | "video"} */ (track.kind), null);
  }

  /** @param {"audio" | "video"} kind */
  async #take(kind) {
    try {
      const track = await openDevice(kind, this.#chosen);
      track.addEventListener("ended", () => this.#lost(track));
      for (const old of this.#own.getTracks()) if (old.kind === kind) old.stop();
      await this.engine.send(kind, track);
      this.#show(new MediaStream([...this.#own.getTracks().filter((old) => old.kind !== kind), track]));
      fill(this.root, { trouble: null, without: null });
    } catch (error) {
      const denied = /** @type {Error} */ (error).name === "NotAllowedError";
      fill(this.root, { trouble: { when: denied ? "denied" : "failed" }, without: { when: kind === "video" ? "camera" : "microphone" } });
    }
  }

  /** Pulled out, or taken by another program. @param {MediaStreamTrack} track */
  #lost(track) {
    if (this.#over || !this.#own.getTracks().includes(track)) return;
    fill(this.root, { trouble: { when: "busy" }, without: { when: track.kind === "video" ? "camera" : "microphone" } });
    this.engine.tell(this.#sends());
    this.#draw();
  }

  async #look() {
    const quality = await this.engine.quality();
    fill(this.root, { quality: quality && this.engine.others.length ? { when: quality, class: `k-plate ${quality === "good" ? "is-on-time" : "is-waiting"}` } : null });
  }

  /** Browsers hold sound back until the person has done something. */
  async #listen() {
    try {
      await this.picture.play();
      fill(this.root, { listen: false });
    } catch (error) {
      fill(this.root, { listen: /** @type {Error} */ (error).name === "NotAllowedError" });
    }
  }

  #fit() {
    const whole = this.picture.parentElement?.classList.toggle("k-video--whole") ?? false;
    this.root.querySelector("[data-tool=fit]")?.setAttribute("aria-pressed", String(whole));
  }

  async #pictureInPicture() {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.picture.requestPictureInPicture().catch(() => {});
  }

  async #fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.querySelector("[data-frame]")?.requestFullscreen();
  }

  async #openSettings() {
    const own = (/** @type {string} */ kind) => this.#own.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId;
    await this.#list("cameraId", "videoinput", own("video"));
    await this.#list("microphoneId", "audioinput", own("audio"));
    await this.#list("speakerId", "audiooutput", this.#chosen.speakerId);
    this.#select("picture").value = this.#chosen.picture ?? "auto";
    /** @type {HTMLDialogElement} */ (this.root.querySelector("dialog[data-settings]")).showModal();
  }

  /** @param {string} name @returns {HTMLSelectElement} */
  #select(name) {
    return /** @type {HTMLSelectElement} */ (this.root.querySelector(`[data-settings] [name=${name}]`));
  }

  /** @param {string} name @param {MediaDeviceKind} kind @param {string | undefined} chosen */
  async #list(name, kind, chosen) {
    const select = this.#select(name);
    const found = await devices(kind);
    select.replaceChildren(...found.map((device) => new Option(device.label, device.deviceId, false, device.deviceId === chosen)));
    const field = /** @type {HTMLElement} */ (select.closest(".k-field"));
    field.hidden = !found.length || (kind === "audiooutput" && !("setSinkId" in this.picture));
  }

  /** @param {Event} event */
  async #change(event) {
    const { name, value } = /** @type {HTMLSelectElement} */ (event.target);
    const before = this.#chosen;
    this.#chosen = { ...before, [name]: value };
    try {
      await this.#apply(name, value);
      const { cameraId, microphoneId, speakerId, picture } = this.#chosen;
      this.store?.set("konsulto:devices", { cameraId, microphoneId, speakerId, picture });
      fill(this.root, { settings_trouble: false });
    } catch {
      this.#chosen = before;
      this.#select(name).value = /** @type {any} */ (before)[name] ?? "";
      fill(this.root, { settings_trouble: true });
    }
    this.engine.tell(this.#sends());
    this.#draw();
  }

  /** The last choice that worked stays in force. @param {string} name @param {string} value */
  async #apply(name, value) {
    const camera = this.#own.getVideoTracks()[0];
    if (name === "speakerId") await /** @type {any} */ (this.picture).setSinkId(value);
    else if (name === "picture") await (camera && resize(camera, value));
    else await this.#exchange(name === "cameraId" ? "video" : "audio");
  }

  /** @param {"audio" | "video"} kind */
  async #exchange(kind) {
    const old = this.#own.getTracks().find((track) => track.kind === kind);
    const track = await openDevice(kind, this.#chosen);
    track.enabled = old?.enabled ?? true;
    track.addEventListener("ended", () => this.#lost(track));
    await this.engine.send(kind, track);
    this.#show(new MediaStream([...this.#own.getTracks().filter((known) => known !== old), track]));
    old?.stop();
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
