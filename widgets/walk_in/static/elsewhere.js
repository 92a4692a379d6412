/** Leaving this page without leaving the queue: on another device, or away until the clinic calls back. */
import { Refused } from "/static/js/ask.js";
import { fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part } from "./views.js";

const LOOK = 20_000;
const time = clock();

/**
 * @typedef {object} Room
 * @property {import("./visitor.js").Visitor} visitor
 * @property {import("/static/js/connect.js").Connection} connection
 * @property {import("./attention.js").Attention} attention
 * @property {string} current the address that tells how the visit stands, without being there
 * @property {(view: string) => void} leave this page, not the queue
 * @property {(answer?: any) => void} comeBack
 */

export class Elsewhere {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {any} */
  #ways = {};

  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    room.connection.on("moved", () => this.#moved());
    const does = {
      move: () => void this.#offerCode(),
      "move-back": () => this.#moveBack(),
      copy: () => void this.#copy(),
      go: () => void this.#offerToGo(),
      stay: () => part("#go").close(),
      "come-back": () => this.#comeBack(),
    };
    for (const [name, action] of Object.entries(does)) part(`[data-do=${name}]`).onclick = action;
    part("#go-form").onsubmit = (/** @type {Event} */ event) => void this.#go(event);
    part("#go-form").onchange = () => this.#drawWay();
  }

  close() {
    for (const id of ["#move", "#go"]) if (part(id).open) part(id).close();
  }

  /* On another device */

  async #offerCode() {
    fill(part("#move"), { unreachable: false, code: false, linked: false, copy: { when: "offer" } });
    part("#move").showModal();
    try {
      draw(await this.room.connection.request("move"));
      fill(part("#move"), { code: true, linked: true });
    } catch {
      fill(part("#move"), { unreachable: true });
    }
  }

  /** A page without the right to copy leaves the address selected. */
  async #copy() {
    part("#move-link").select();
    try {
      await navigator.clipboard.writeText(part("#move-link").value);
      fill(part("#move"), { copy: { when: "done" } });
    } catch {
      part("#move-link").focus();
    }
  }

  #moved() {
    this.close();
    this.room.leave("moved");
  }

  #moveBack() {
    this.room.visitor.remember({ moved: true });
    this.room.comeBack();
  }

  /* Away until called back */

  async #offerToGo() {
    fill(part("#go"), { terms: null, choice: false, address: false, submit: false, no_way: false, wrong: null, unreachable: false });
    part("#go").showModal();
    try {
      this.#ways = await this.room.connection.request("ways_back");
    } catch {
      fill(part("#go"), { no_way: true });
      return;
    }
    this.#drawWays();
  }

  #drawWays() {
    const { ways, minutes } = this.#ways;
    const some = ways.length > 0;
    fill(part("#go"), { choice: ways.length > 1, address: some, submit: some, no_way: !some, terms: some });
    say(part("#go [data-slot=terms]"), { time: lasting(minutes) });
    if (!some) return;
    part(`#go [value=${ways[0]}]`).checked = true;
    this.#drawWay();
    part("#go-address").focus();
  }

  #drawWay() {
    const way = part("#go [name=way]:checked").value;
    const input = part("#go-address");
    if (input.dataset.way === way) return;
    input.dataset.way = way;
    input.type = way === "mail" ? "email" : "tel";
    input.autocomplete = way === "mail" ? "email" : "tel";
    input.value = this.#ways[way];
    fill(part("#go"), { address_label: { when: way }, wrong: null, unreachable: false });
  }

  /** @param {Event} event */
  async #go(event) {
    event.preventDefault();
    const form = { way: part("#go [name=way]:checked").value, address: part("#go-address").value.trim() };
    try {
      this.#rest(await this.room.connection.request("wait_elsewhere", form));
    } catch (error) {
      const wrong = error instanceof Refused;
      fill(part("#go"), { wrong: wrong ? error.message : null, unreachable: !wrong });
      part("#go-address").setAttribute("aria-invalid", "true");
      part("#go-address").focus();
    }
  }

  /** @param {{ address: string, until: string }} promise */
  #rest({ address, until }) {
    part("#go-address").removeAttribute("aria-invalid");
    this.close();
    fill(part("#away"), { resting: true, near: false, heading: { when: "resting" } });
    say(part("#away [data-slot=promise]"), { address, time: time.time(until) });
    this.room.leave("away");
    this.#timer = setInterval(() => void this.#look(), LOOK);
  }

  /** The page that stays open nevertheless says so too when it is time. */
  async #look() {
    try {
      const state = await this.room.visitor.ask(this.room.current);
      if (state.status === "ended") this.#comeBack(state);
      else if (state.status === "admitted" || state.called_back) this.#callBack();
    } catch {
      // The message comes by another way; the next look may reach the clinic.
    }
  }

  #callBack() {
    clearInterval(this.#timer);
    fill(part("#away"), { resting: false, near: true, heading: { when: "near" } });
    const title = part("#away").dataset.titleNear;
    this.room.attention.call("turn", { title, quiet: this.room.visitor.memory.quiet });
  }

  /** @param {any} [state] */
  #comeBack(state) {
    clearInterval(this.#timer);
    this.room.attention.calm();
    this.room.comeBack(state);
  }
}

/** In whole hours where it is that, else in minutes. @param {number} minutes */
function lasting(minutes) {
  const [unit, count] = minutes % 60 ? ["minute", minutes] : ["hour", minutes / 60];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/** @param {{ link: string, size: number, path: string }} code */
function draw({ link, size, path }) {
  part(".kw-code svg").setAttribute("viewBox", `0 0 ${size} ${size}`);
  part(".kw-code path").setAttribute("d", path);
  part("#move-link").value = link;
}
