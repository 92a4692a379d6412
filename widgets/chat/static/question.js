/** Leaving a question in a channel that is closed; it is answered by telephone or e-mail. */
import { sendsInPlace } from "/static/js/form.js";
import { clientId } from "/static/js/client_id.js";
import { fill } from "/static/js/template.js";

export class Question {
  #asking = { channel: 0, client_id: "" };

  /** @param {HTMLElement} root @param {{ visitor: import("/static/js/visitor.js").Visitor, show: (view: string) => HTMLElement }} options */
  constructor(root, { visitor, show }) {
    this.show = show;
    const form = /** @type {HTMLFormElement} */ (root.querySelector("#question"));
    sendsInPlace(form, {
      send: async (values) => visitor.ask("/questions", { body: { ...this.#asking, ...answers(values) } }),
      done: ({ reached_at: address }) => {
        form.reset();
        fill(show("question-sent"), { reached: { values: { address } } });
      },
    });
  }

  /** @param {number} channel @param {string} name */
  begin(channel, name) {
    this.#asking = { channel, client_id: clientId() };
    fill(this.show("question"), { channel: name });
  }
}

/** @param {FormData} values */
function answers(values) {
  const [name, reach, text] = ["name", "reach", "text"].map((field) => String(values.get(field) ?? ""));
  return { name, reach, text, accept_terms: values.has("accept_terms") };
}
