/**
 * More than one other participant: their pictures beside each other, each with a name and what there is to say of it.
 * The words are those that the stage has for one (web/templates/_stage.html).
 */
import { fill } from "./template.js";

/** @typedef {import("./call.js").Other} Other */

const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });

export class Tiles {
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map();
  #told = "";

  /** @param {HTMLElement} frame that holds the stage's one picture */
  constructor(frame) {
    this.frame = frame;
    this.self = frame.querySelector(".k-video--self");
    this.present = document.createElement("p");
    this.present.className = "k-sr";
    this.present.setAttribute("role", "status");
    frame.append(this.present);
  }

  /** @returns {HTMLVideoElement[]} */
  get videos() {
    return [...this.#tiles.values()].map(videoOf);
  }

  /**
   * @param {Other[]} others those who are shown beside each other; nobody where one picture is enough
   * @param {{ whole: boolean, soundOnly: boolean }} how
   * @returns {boolean} whether a picture is new
   */
  draw(others, { whole, soundOnly }) {
    this.#dismiss(new Set(others.map(({ pid }) => pid)));
    let anew = false;
    for (const other of others) {
      const tile = this.#tiles.get(other.pid) ?? this.#place(other);
      if (videoOf(tile).srcObject !== other.stream) {
        videoOf(tile).srcObject = other.stream;
        anew = true;
      }
      tile.classList.toggle("k-video--whole", whole || other.media.screen);
      tile.classList.toggle("k-tile--screen", other.media.screen);
      this.#say(tile, other, soundOnly);
    }
    if (others.length) this.frame.dataset.many = String(others.length);
    else delete this.frame.dataset.many;
    this.#tell(others);
    return anew;
  }

  /** @param {Set<string>} stay */
  #dismiss(stay) {
    for (const [pid, tile] of [...this.#tiles]) {
      if (stay.has(pid)) continue;
      videoOf(tile).srcObject = null;
      tile.remove();
      this.#tiles.delete(pid);
    }
  }

  /** @param {Other} other */
  #place({ pid, name }) {
    const tile = document.createElement("div");
    tile.className = "k-video k-tile";
    tile.setAttribute("role", "group");
    tile.setAttribute("aria-label", name);
    const video = document.createElement("video");
    video.playsInline = true;
    const curtain = element("div", "k-empty", "tile_curtain");
    const says = this.#copy("says", "tile_says");
    says.removeAttribute("role"); // who is there is told by one voice
    says.className = "k-small";
    curtain.append(says);
    const plates = element("div", "k-tile__plates", "");
    plates.append(element("span", "k-plate", "tile_name", name), this.#copy("other_muted", "tile_muted"));
    tile.append(video, curtain, plates);
    this.frame.insertBefore(tile, this.self);
    this.#tiles.set(pid, tile);
    return tile;
  }

  /** What the stage says of one, for another. @param {string} slot @param {string} as @returns {HTMLElement} */
  #copy(slot, as) {
    const copy = /** @type {HTMLElement} */ (this.frame.querySelector(`[data-slot=${slot}]`)?.cloneNode(true));
    copy.dataset.slot = as;
    return copy;
  }

  /** @param {HTMLElement} tile @param {Other} other @param {boolean} soundOnly */
  #say(tile, other, soundOnly) {
    const state = stateOf(other, soundOnly);
    fill(tile, {
      tile_curtain: state !== "seen",
      tile_says: { when: state, values: { name: other.name } },
      tile_muted: !other.media.microphone,
    });
  }

  /** @param {Other[]} others */
  #tell(others) {
    const now = others.length ? names.format(others.map(({ name }) => name)) : "";
    if (now !== this.#told) this.present.textContent = now;
    this.#told = now;
  }

  close() {
    this.#dismiss(new Set());
    this.present.remove();
    delete this.frame.dataset.many;
  }
}

/** @param {Other} other @param {boolean} soundOnly */
function stateOf(other, soundOnly) {
  if (other.state !== "connected") return other.state;
  if (soundOnly) return "sound";
  return other.media.camera || other.media.screen ? "seen" : "heard";
}

/** @param {HTMLElement} tile @returns {HTMLVideoElement} */
function videoOf(tile) {
  return /** @type {HTMLVideoElement} */ (tile.querySelector("video"));
}

/** @param {string} tag @param {string} className @param {string} slot @param {string} [text] */
function element(tag, className, slot, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  if (slot) made.dataset.slot = slot;
  made.textContent = text;
  if (text) made.dir = "auto";
  return made;
}
