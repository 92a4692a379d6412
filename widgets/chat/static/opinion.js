/** How the conversation was, asked when it is over: one of five, and words if the patient likes. */
import { Refused } from "/static/js/ask.js";
import { fill } from "/static/js/template.js";

export class Opinion {
  #changed = false; // by the patient, and not sent yet

  /** @param {HTMLFormElement} form @param {(said: { rating: string, words: string }) => Promise<any>} send */
  constructor(form, send) {
    this.form = form;
    this.send = send;
    form.addEventListener("submit", (event) => void this.#submit(event));
    form.addEventListener("input", () => (this.#changed = true));
  }

  /** What is being entered is left alone. @param {{ asks_feedback: boolean, feedback: { rating: string, words: string } | null }} thread */
  stand({ asks_feedback: asks, feedback }) {
    this.form.hidden = !asks;
    fill(this.form, { sends: { when: feedback ? "again" : "first" }, thanks: { when: feedback ? "given" : "none" } });
    if (this.#changed) return;
    const { rating, words } = /** @type {any} */ (this.form.elements);
    rating.value = feedback?.rating ?? "";
    words.value = feedback?.words ?? "";
  }

  clear() {
    this.#changed = false;
    this.form.reset();
    this.#refuse(null);
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const { rating, words } = /** @type {any} */ (this.form.elements);
    if (!rating.value) {
      this.#refuse({ when: "nothing" });
      rating[0].focus();
      return;
    }
    this.#refuse(null);
    try {
      const thread = await this.send({ rating: rating.value, words: words.value.trim() });
      this.#changed = false;
      this.stand(thread);
    } catch (error) {
      this.#refuse(error instanceof Refused ? { when: "refused", values: { words: error.message } } : { when: "unreachable" });
    }
  }

  /** @param {{ when: string, values?: Record<string, string> } | null} why */
  #refuse(why) {
    fill(this.form, { refused: Boolean(why), why, ...(why && { thanks: { when: "none" } }) });
  }
}
