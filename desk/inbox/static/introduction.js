/** What a patient said before writing, in a small panel at the head of the conversation. */
import { clone, fill } from "/static/js/template.js";
import { live } from "/static/desk/desk.js";

/** @typedef {{ kind: string, label: string, value: string }} Detail */

/** @param {HTMLElement} pane @param {number} id of the conversation */
export async function introduce(pane, id) {
  const { details, verified } = await live.request("introduction", { id }).catch(() => ({ details: [], verified: false }));
  fill(pane, { introduced: Boolean(details.length) || verified, verified });
  pane.querySelector("[data-introduction]")?.replaceChildren(...details.map(lineOf));
}

/** @param {Detail} detail the clinic's own question, or what the kind is called */
function lineOf({ kind, label, value }) {
  const line = clone("introduction-line", { value: kind === "terms" ? null : value });
  fill(line, label ? { kind: null, label } : { kind: { when: kind }, label: null });
  return line;
}
