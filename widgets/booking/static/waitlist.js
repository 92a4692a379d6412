/** Asking to be told when an earlier time becomes free. */
import { sendsInPlace } from "/static/js/form.js";

let ready = false;

/**
 * @param {object} options
 * @param {HTMLElement} options.view
 * @param {import("/static/js/visitor.js").Visitor} options.visitor
 * @param {() => Record<string, number>} options.wanted
 * @param {(email: string, until: string) => void} options.done
 */
export function waitlist({ view, visitor, wanted, done }) {
  if (ready) return;
  ready = true;
  const form = /** @type {HTMLFormElement} */ (view.querySelector("form"));
  /** @type {{ email: string, until: string }} */
  let sent = { email: "", until: "" };
  sendsInPlace(form, {
    send: (values) => {
      sent = { email: String(values.get("email") ?? "").trim(), until: String(values.get("until") ?? "") };
      return visitor.ask("/waitlist", { body: { ...sent, ...wanted() } });
    },
    done: () => done(sent.email, sent.until),
  });
}
