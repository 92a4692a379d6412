/** Asks for the links of one's appointments. Whether any are known, the answer does not tell. */
import { ask } from "/static/js/ask.js";
import { sendsInPlace } from "/static/js/form.js";
import { fill } from "/static/js/template.js";

/** @param {{ ticket?: string, widget?: string }} known what tells which clinic is meant */
export function newLink(known) {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#new-link"));
  const sent = /** @type {HTMLElement | null} */ (document.querySelector("#new-link-sent"));
  if (!form || !sent) return;
  let address = "";
  sendsInPlace(form, {
    send: (values) => {
      address = String(values.get("email") ?? "").trim();
      return ask("/visit/new-link", { body: { ...known, email: address } });
    },
    done: () => {
      fill(sent, { address: { values: { email: address } } });
      sent.hidden = false;
      sent.focus();
    },
  });
}
