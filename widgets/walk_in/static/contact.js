/** Asking to be called back when nobody is there: sent once however often it is tried, confirmed in words. */
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { say } from "/static/js/template.js";
import { part, show } from "./views.js";

let name = clientId();
let ready = false;

/**
 * @param {object} options
 * @param {string} options.address
 * @param {{ ask: (address: string, options: { body: object }) => Promise<any> }} options.visitor
 * @param {() => void} [options.leave] where the form was opened from
 */
export function contact({ address, visitor, leave = () => history.back() }) {
  if (ready) return;
  ready = true;
  const form = part("#contact");
  sendsInPlace(form, {
    send: (values) => visitor.ask(address, { body: { client_id: name, ...answers(values) } }),
    done: ({ reached_at: where }) => {
      name = clientId();
      form.reset();
      say(part("#contact-sent [data-text]"), { address: where });
      show("contact-sent");
    },
  });
  for (const back of ["contact-back", "contact-done"]) part(`[data-do=${back}]`).onclick = leave;
}

/** @param {FormData} values */
function answers(values) {
  const text = ["name", "phone", "email", "when", "text"].map((field) => [field, String(values.get(field) ?? "").trim()]);
  return { ...Object.fromEntries(text), accept_terms: values.has("accept_terms") };
}
