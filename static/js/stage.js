/**
 * The stage of a call: the other side's picture, the own one, and the tools. It speaks to an Engine and knows nothing of
 * how picture and sound travel. Words and elements are the server's (web/templates/_stage.html).
 */
import { peerToPeer } from "./call.js";
import { DeviceSettings } from "./device_settings.js";
import { canShareScreen, openDevice, openMedia, openScreen, pictureComes, resize } from "./media.js";
import { fill } from "./template.js";
import { Thrift } from "./thrift.js";
import { Tiles } from "./tiles.js";

const LOOK = 2_000; // milliseconds between looks at the quality

/**
 * @typedef {object} Room what the organisation has decided
 * @property {boolean} settings_first
 * @property {boolean} stop_without_camera
 * @property {boolean} allow_resolution_change
 * @property {"cover" | "contain"} video_fit
 * @property {boolean} screen_sharing
 *
 * @param {object} options
 * @param {HTMLElement} options.root that holds stage, tools and settings
 * @param {import("./connect.js").Connection} options.live
 * @param {Room} options.room
 * @param {string} options.visit names it, so that nobody is asked twice on the way into one room
 * @param {object} [options.seat] what the server needs beside, to know which call is meant
 * @param {boolean} [options.camera] whether to open one from the start
 * @param {import("./store.js").Store} [options.store] where choices are remembered
 * @param {(others: import("./call.js").Other[]) => void} [options.onOthers] who else is in the room has changed
 */
export function stage(options) {
  return new Stage(options);
}

class Stage {
  /** @type {MediaStream} */
  #own = new MediaStream();
  /** @type {MediaStreamTrack | undefined} */
  #screen;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looks;
  #thrift = new Thrift();
  #soundOnly = false;
  #over = false;
  #aborted = new AbortController();

  /** @param {any} options */
  constructor({ root, live, room, visit, seat, camera = true, store, onOthers }) {
    this.root = root;
    this.room = room;
    this.store = store;
    this.ready = `konsulto:ready:${visit}`;
    this.settings = new DeviceSettings(root, {
      camera, store, resizable: room.allow_resolution_change, signal: this.#aborted.signal,
      apply: (name, value, before) => this.#apply(name, value, before),
    });
    this.engine = peerToPeer({ live, seat, onOthers: (others) => (this.#draw(), onOthers?.(others)), onElsewhere: () => this.#yield() });
    this.picture = this.#video("picture");
    this.self = this.#video("self_picture");
    this.tiles = new Tiles(/** @type {HTMLElement} */ (this.picture.parentElement));
    this.#bind();
  }

  /** Opens the devices, which may ask the person, and takes part; with nothing to send too. */
  async open() {
    this.#at("opening");
    const opened = await openMedia(this.settings.chosen);
    if (this.#over) {
      stop(opened.stream);
      return;
    }
    this.#show(opened.stream);
    this.#sayTrouble(opened);
    for (const track of opened.stream.getTracks()) track.addEventListener("ended", () => this.#lost(track));
    await this.#pass(opened);
  }

  /** Past what the organisation wants to be looked at first. @param {import("./media.js").Opened} opened */
  async #pass({ missing }) {
    if (this.room.stop_without_camera && missing.includes("camera")) this.#at("camera");
    else if (this.room.settings_first && !this.store?.get(this.ready)) await this.#lookFirst();
    else await this.#enter();
  }

  async #lookFirst() {
    this.#at("settings");
    await this.settings.open(true);
    if (!this.#over) await this.#enter();
  }

  async #enter() {
    if (this.root.dataset.call === "on") return;
    this.store?.set(this.ready, true);
    this.#at("on");
    this.engine.tell(this.#media());
    await this.engine.join(new MediaStream(this.#own.getTracks()));
    clearInterval(this.#looks);
    this.#looks = setInterval(() => void this.#look(), LOOK);
    this.#draw();
  }

  /** @param {"opening" | "camera" | "settings" | "on" | "elsewhere"} step on the way into the call */
  #at(step) {
    this.root.dataset.call = step;
    this.#draw();
  }

  /** The camera does not work, and that shall not be the end of it. */
  async #withoutCamera() {
    this.settings.chosen = { ...this.settings.chosen, camera: false };
    await this.#enter();
  }

  async #again() {
    stop(this.#own);
    await this.open();
  }

  /** @param {import("./media.js").Opened} opened */
  #sayTrouble({ trouble, missing }) {
    const without = missing.length === 2 ? "both" : missing[0];
    fill(this.root, { trouble: trouble ? { when: trouble } : null, without: trouble ? { when: without } : null });
  }

  /** The person goes on in another window; here everything is off until they want it back. */
  #yield() {
    clearInterval(this.#looks);
    this.#screen?.stop();
    this.#screen = undefined;
    stop(this.#own);
    this.#show(new MediaStream());
    this.#at("elsewhere");
  }

  /** @param {MediaStream} stream what camera and microphone give, and is seen by oneself */
  #show(stream) {
    this.#own = stream;
    this.#showSelf();
    this.settings.show(stream);
  }

  /** Oneself, or the screen that the others see instead. */
  #showSelf() {
    const shown = this.#screen ? new MediaStream([this.#screen]) : this.#own;
    const frame = this.self.parentElement;
    frame?.classList.toggle("k-video--mirror", !this.#screen);
    frame?.classList.toggle("k-video--whole", Boolean(this.#screen));
    this.self.srcObject = shown;
    this.self.play().catch(() => {}); // replaced before it began
  }

  /** Everything off: the lamp of the camera too. */
  close() {
    this.#over = true;
    this.#aborted.abort();
    clearInterval(this.#looks);
    this.settings.close();
    this.engine.leave();
    this.#screen?.stop();
    stop(this.#own);
    this.self.srcObject = null;
    this.picture.srcObject = null;
    this.tiles.close();
    delete this.root.dataset.call;
    fill(this.root, { advice: null, quality: null });
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
      screen: () => (this.#screen ? this.#stopSharing() : this.#share()),
      settings: () => this.settings.open(),
      fit: () => this.#fit(),
      small: () => this.#pictureInPicture(),
      full: () => this.#fullScreen(),
      listen: () => this.#listen(),
      here: () => this.open(),
      again: () => this.#again(),
      without: () => this.#withoutCamera(),
      sound: () => this.#onlySound(true),
      picture: () => this.#onlySound(false),
    });
    const { signal } = this.#aborted;
    this.root.addEventListener("click", (/** @type {Event} */ event) => {
      const tool = /** @type {HTMLElement} */ (event.target).closest?.("[data-tool]")?.getAttribute("data-tool");
      if (tool) void does[tool]?.();
    }, { signal });
    this.picture.addEventListener("enterpictureinpicture", () => this.#press("small", true), { signal });
    this.picture.addEventListener("leavepictureinpicture", () => this.#press("small", false), { signal });
    document.addEventListener("fullscreenchange", () => this.#press("full", Boolean(document.fullscreenElement)), { signal });
    this.#offerTools();
  }

  /** What this browser, in this frame, can do. */
  #offerTools() {
    const offered = { small: document.pictureInPictureEnabled, full: document.fullscreenEnabled, screen: this.room.screen_sharing && canShareScreen() };
    for (const [name, can] of Object.entries(offered)) {
      const tool = /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-tool=${name}]`));
      if (tool) tool.hidden = !can;
    }
  }

  #draw() {
    if (this.#over) return;
    const many = this.#drawTiles();
    const other = many ? undefined : this.engine.others[0];
    const state = many ? "many" : this.#stateOf(other);
    this.#drawPicture(other);
    fill(this.root, {
      curtain: state !== "seen" && state !== "many",
      here: state === "elsewhere",
      camera_gate: state === "camera",
      says: { when: state, values: { name: other?.name } },
      hint: { when: state, values: { name: other?.name } },
      ...this.#otherSlots(other),
      ...this.#ownSlots(),
    });
    this.root.dataset.sees = state;
    this.#drawFit();
  }

  /** Several others are shown beside each other. @returns {boolean} whether there are */
  #drawTiles() {
    const { others } = this.engine;
    const many = others.length > 1 && this.root.dataset.call === "on";
    if (this.tiles.draw(many ? others : [], { whole: this.#whole, soundOnly: this.#soundOnly })) void this.#listen();
    return many;
  }

  /** @param {import("./call.js").Other | undefined} other who is there alone */
  #drawPicture(other) {
    const stream = other?.stream ?? null;
    if (this.picture.srcObject === stream) return;
    this.picture.srcObject = stream;
    if (stream) void this.#listen();
  }

  /** @param {import("./call.js").Other | undefined} other */
  #otherSlots(other) {
    return {
      other_name: other ? { values: { name: other.name } } : null,
      other_muted: Boolean(other && !other.media.microphone),
      other_sound: Boolean(other && !other.media.picture),
      other_shares: other?.media.screen ? { when: "screen", values: { name: other.name } } : null,
    };
  }

  /** @param {import("./call.js").Other | undefined} other */
  #stateOf(other) {
    const own = this.root.dataset.call;
    if (own !== "on") return own;
    if (!other) return "alone";
    if (other.state !== "connected") return other.state;
    if (this.#soundOnly) return "sound";
    return other.media.camera || other.media.screen ? "seen" : "heard";
  }

  #ownSlots() {
    const { microphone, camera, screen } = this.#media();
    this.#switchOff("microphone", !microphone);
    this.#switchOff("camera", !camera);
    this.#press("screen", screen);
    return {
      microphone_words: { when: microphone ? "on" : "off" },
      camera_words: { when: camera ? "on" : "off" },
      self_off: !camera && !screen,
      sharing: screen,
    };
  }

  /** @param {string} tool @param {boolean} off */
  #switchOff(tool, off) {
    this.root.querySelector(`[data-tool=${tool}]`)?.classList.toggle("k-tool--off", off);
    this.#press(tool, off);
  }

  /** @param {string} tool @param {boolean} pressed */
  #press(tool, pressed) {
    this.root.querySelector(`[data-tool=${tool}]`)?.setAttribute("aria-pressed", String(pressed));
  }

  /** What is sent now, and whether pictures are wanted. @returns {import("./call.js").Media} */
  #media() {
    const on = (/** @type {MediaStreamTrack | undefined} */ track) => Boolean(track?.enabled && track.readyState === "live");
    return {
      microphone: on(this.#own.getAudioTracks()[0]), camera: on(this.#own.getVideoTracks()[0]), screen: Boolean(this.#screen),
      picture: !this.#soundOnly,
    };
  }

  #changed() {
    this.engine.tell(this.#media());
    this.#draw();
  }

  /** A microphone is silenced; a camera is let go, so that its lamp goes out. @param {"audio" | "video"} kind */
  async #switch(kind) {
    const track = this.#own.getTracks().find((known) => known.kind === kind);
    if (kind === "audio" && track) track.enabled = !track.enabled;
    else if (track) await this.#letGo(track);
    else await this.#take(kind);
    this.#changed();
    if (this.root.dataset.call === "camera" && this.#media().camera) await this.#enter();
  }

  /** @param {MediaStreamTrack} track */
  async #letGo(track) {
    track.stop();
    this.#own.removeTrack(track);
    await this.#send(/** @type {"audio" | "video"} */ (track.kind), null);
  }

  /** A screen that is shown stands in place of the camera. @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  async #send(kind, track) {
    if (kind === "audio" || !this.#screen) await this.engine.send(kind, track);
  }

  /** @param {"audio" | "video"} kind */
  async #take(kind) {
    try {
      const track = await openDevice(kind, this.settings.chosen);
      track.addEventListener("ended", () => this.#lost(track));
      for (const old of this.#own.getTracks()) if (old.kind === kind) old.stop();
      await this.#send(kind, track);
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
    this.#changed();
  }

  async #share() {
    try {
      const screen = await openScreen();
      if (this.#over) {
        screen.stop();
        return;
      }
      screen.addEventListener("ended", () => void this.#stopSharing()); // by the browser's own button
      this.#screen = screen;
      await this.engine.send("video", screen);
      fill(this.root, { not_shared: false });
    } catch {
      fill(this.root, { not_shared: true });
    }
    this.#showSelf();
    this.#changed();
  }

  async #stopSharing() {
    this.#screen?.stop();
    this.#screen = undefined;
    if (this.#over) return;
    await this.engine.send("video", this.#own.getVideoTracks()[0] ?? null);
    this.#showSelf();
    this.#changed();
  }

  async #look() {
    const quality = await this.engine.quality();
    if (this.#over) return;
    this.#thrift.look(quality);
    this.engine.limit(this.#thrift.level);
    const advice = this.#advice();
    fill(this.root, {
      quality: quality && this.engine.others.length ? { when: quality, class: `k-plate ${quality === "good" ? "is-on-time" : "is-waiting"}` } : null,
      advice: advice ? { when: advice } : null,
    });
  }

  /** @returns {"sound" | "better" | "hopeless" | "reduced" | null} what is said of a connection that carries too little */
  #advice() {
    const full = this.#thrift.level === "full";
    if (this.#soundOnly) return full ? "better" : "sound";
    if (this.#thrift.hopeless) return "hopeless";
    return full || !this.#media().camera ? null : "reduced";
  }

  /** The person decides; a camera never comes on by itself. @param {boolean} only */
  async #onlySound(only) {
    this.#soundOnly = only;
    const camera = this.#own.getVideoTracks()[0];
    if (only && camera) await this.#letGo(camera);
    else if (!only && !camera) await this.#take("video");
    this.#changed();
    const advice = this.#advice();
    fill(this.root, { advice: advice ? { when: advice } : null });
  }

  /** Browsers hold sound back until the person has done something. */
  async #listen() {
    try {
      await Promise.all((this.tiles.videos.length ? this.tiles.videos : [this.picture]).map((video) => video.play()));
      fill(this.root, { listen: false });
    } catch (error) {
      fill(this.root, { listen: /** @type {Error} */ (error).name === "NotAllowedError" });
    }
  }

  #fit() {
    this.settings.remember({ whole: !this.#whole });
    this.#draw();
  }

  /** Whether the person, or else the organisation, wants the whole picture. */
  get #whole() {
    return this.settings.chosen.whole ?? this.room.video_fit === "contain";
  }

  /** Of a screen nothing is ever cut off. */
  #drawFit() {
    const screen = this.engine.others[0]?.media.screen ?? false;
    this.picture.parentElement?.classList.toggle("k-video--whole", screen || this.#whole);
    this.#press("fit", this.#whole);
  }

  async #pictureInPicture() {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.picture.requestPictureInPicture().catch(() => {});
  }

  async #fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.querySelector("[data-frame]")?.requestFullscreen();
  }

  /** @param {import("./device_settings.js").Choice} name @param {string} value @param {import("./device_settings.js").Chosen} before */
  async #apply(name, value, before) {
    const camera = this.#own.getVideoTracks()[0];
    if (name === "speakerId") await Promise.all([this.picture, ...this.tiles.videos].map((video) => /** @type {any} */ (video).setSinkId(value)));
    else if (name === "picture") await (camera && resize(camera, value, before.picture));
    else await this.#exchange(name === "cameraId" ? "video" : "audio");
    this.#changed();
  }

  /** The old device goes on until the new one gives something. @param {"audio" | "video"} kind */
  async #exchange(kind) {
    const old = this.#own.getTracks().find((track) => track.kind === kind);
    const track = await openDevice(kind, this.settings.chosen);
    if (kind === "video") await pictureComes(track).catch((error) => {
      track.stop();
      throw error;
    });
    track.enabled = old?.enabled ?? true;
    track.addEventListener("ended", () => this.#lost(track));
    await this.#send(kind, track);
    this.#show(new MediaStream([...this.#own.getTracks().filter((known) => known !== old), track]));
    old?.stop();
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
