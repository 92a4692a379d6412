/**
 * What a clinic asks in writing, in a place of any page: the list, one of them to fill in, and what was sent. The server
 * draws all of it. What is entered is kept there while it is typed, so that a reload or another device goes on with it.
 */
import { Refused, Unreachable } from "/static/js/ask.js";
import { bringSymbols } from "/static/js/symbols.js";
import { Filling } from "./filling.js";

/**
 * @typedef {object} Options
 * @property {HTMLElement} place where it is shown; hidden while there is nothing
 * @property {(path: string, options?: object) => Promise<any>} ask asks the server as this patient
 * @property {string} address of the patient's questionnaires, as `ask` takes it
 * @property {string} [query] which of them
 */

/** @param {Options} options */
export function questionnaires(options) {
  const shown = new Questionnaires(options);
  void shown.look();
  return shown;
}

class Questionnaires {
  /** @type {Filling | undefined} */
  #filling;

  /** @param {Options} options */
  constructor({ place, ask, address, query = "" }) {
    this.place = place;
    this.ask = ask;
    this.address = address;
    this.query = query;
    styles();
    void bringSymbols();
    place.addEventListener("click", (event) => this.#clicked(/** @type {HTMLElement} */ (event.target)));
  }

  /** The list as it is now; one that is being filled in stays. @param {{ focus?: boolean }} [how] */
  async look({ focus = false } = {}) {
    if (this.#filling && !focus) return;
    const found = await this.#try(() => this.ask(this.address + this.query));
    if (!found) return;
    this.#show(found.page, focus);
    this.place.hidden = !found.page;
  }

  /** @param {HTMLElement} target */
  #clicked(target) {
    const wanted = /** @type {HTMLElement | null} */ (target.closest("[data-open]"));
    if (wanted) void this.#open(wanted.dataset.open ?? "");
    else if (target.closest("[data-back]")) void this.#back();
  }

  /** @param {string} id */
  async #open(id) {
    const address = `${this.address}/${encodeURIComponent(id)}`;
    const found = await this.#try(() => this.ask(address, { body: {} }));
    if (!found) return;
    this.#show(found.page, true);
    const form = /** @type {HTMLFormElement | null} */ (this.place.querySelector("form"));
    if (form) this.#filling = new Filling(form, { save: (body, options) => this.ask(`${address}/answers`, { body, ...options }), sent: (page) => this.#sent(page) });
  }

  async #back() {
    await this.#filling?.leave();
    this.#filling = undefined;
    await this.look({ focus: true });
  }

  /** @param {string} page */
  #sent(page) {
    this.#filling = undefined;
    this.#show(page, true);
  }

  /** @param {string} page @param {boolean} focus */
  #show(page, focus) {
    this.place.replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
    if (focus) /** @type {HTMLElement | null} */ (this.place.querySelector("[data-focus]"))?.focus();
  }

  /** @param {() => Promise<any>} act @returns {Promise<any>} undefined when it failed, which is shown */
  async #try(act) {
    const failed = /** @type {HTMLElement | null} */ (this.place.querySelector("[data-failed]"));
    if (failed) failed.hidden = true;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      if (failed) failed.hidden = false;
      return undefined;
    }
  }
}

/** The look comes with the first of them. */
function styles() {
  const href = "/static/questionnaire.css";
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
