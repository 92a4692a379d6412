/** One questionnaire while it is filled in: asks what the answers so far leave to be asked, and keeps them on the server. */
import { Refused } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { answersIn, showAsked } from "/static/js/questionnaire.js";
import { fill } from "/static/js/template.js";
import { Steps } from "./steps.js";

const PAUSE = 800; // milliseconds without a key, before it is kept
const AGAIN = 5_000; // after the server was not reached

/** @typedef {{ client_id: string, answers: import("/static/js/questionnaire.js").Answers, complete: boolean, check?: string[] }} Body */

export class Filling {
  #attempt = clientId(); // one for all attempts of this page
  #kept; // as the server has it
  /** @type {Promise<void> | undefined} */
  #saving;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #over = false;

  /**
   * @param {HTMLFormElement} form
   * @param {{ save: (body: Body, options?: object) => Promise<any>, sent: (page: string) => void }} options
   */
  constructor(form, { save, sent }) {
    this.form = form;
    this.save = save;
    this.#kept = this.#text();
    showAsked(form);
    this.steps = new Steps(form);
    form.addEventListener("input", () => this.#changed());
    addEventListener("pagehide", this.#flush);
    document.addEventListener("visibilitychange", this.#flush);
    sendsInPlace(form, { send: () => (this.steps.isLast ? this.#send() : this.#check()), done: (answer) => (answer?.page ? this.#done(answer.page, sent) : this.steps.next()) });
  }

  /** Keep what is there and let go of the page. */
  async leave() {
    clearTimeout(this.#timer);
    await this.#saving;
    await this.#keep();
    this.#close();
  }

  #close() {
    this.#over = true;
    clearTimeout(this.#timer);
    removeEventListener("pagehide", this.#flush);
    document.removeEventListener("visibilitychange", this.#flush);
  }

  /** @param {boolean} [complete] @returns {Body} */
  #body(complete = false) {
    return { client_id: this.#attempt, answers: answersIn(this.form), complete };
  }

  #text() {
    return JSON.stringify(this.#body().answers);
  }

  #changed() {
    showAsked(this.form);
    this.steps.show();
    this.#keepIn(PAUSE);
  }

  /** One at a time: what was typed last is what is kept. @param {object} [options] */
  async #keep(options = {}) {
    if (this.#saving) await this.#saving;
    const text = this.#text();
    if (this.#over || text === this.#kept) return;
    this.#say("saving");
    this.#saving = this.#put(text, options);
    await this.#saving;
    this.#saving = undefined;
  }

  /** @param {string} text @param {object} options */
  async #put(text, options) {
    try {
      await this.save(this.#body(), options);
      this.#kept = text;
      this.#say("saved");
    } catch (error) {
      if (error instanceof Refused && error.status !== 429) {
        this.#say("refused", error.message);
        return;
      }
      this.#say("unsaved");
      this.#keepIn(AGAIN);
    }
  }

  /** @param {number} milliseconds */
  #keepIn(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keep(), milliseconds);
  }

  /** The page goes, perhaps for good: what was typed in this very moment goes with a request that outlives it. */
  #flush = () => {
    if (document.visibilityState === "visible" || this.#over || this.#text() === this.#kept) return;
    clearTimeout(this.#timer);
    void this.#put(this.#text(), { keepalive: true });
  };

  /** A draft that is on its way must not arrive after what is sent. */
  async #send() {
    clearTimeout(this.#timer);
    await this.#saving;
    try {
      return await this.save(this.#body(true));
    } catch (error) {
      this.#keepIn(PAUSE); // what could not be sent is kept at least
      throw error;
    }
  }

  /** What is asked in this step is looked at before the next one; without network one goes on, and sending looks at all. */
  async #check() {
    clearTimeout(this.#timer);
    await this.#saving;
    const text = this.#text();
    try {
      await this.save({ ...this.#body(), check: this.steps.keys });
      this.#kept = text;
      this.#say("saved");
    } catch (error) {
      this.#keepIn(PAUSE);
      if (error instanceof Refused) throw error;
    }
  }

  /** @param {string} page @param {(page: string) => void} sent */
  #done(page, sent) {
    this.#close();
    sent(page);
  }

  /** @param {string} when @param {string} [message] */
  #say(when, message = "") {
    fill(this.form, { saved: { when, values: { message } } });
  }
}
