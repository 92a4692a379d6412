/** An appointment's files in a place of any page of the desk, or files for one that is being made; the server draws them. */
import { ask } from "/static/js/ask.js";
import { Files, styles } from "/static/js/files.js";
import { bringSymbols } from "/static/js/symbols.js";

const csrf = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
const headers = { "X-CSRFToken": csrf };
/** @type {WeakMap<HTMLElement, Files>} */
const places = new WeakMap();

/** What stands in the page already. @param {HTMLElement} place */
export function filesIn(place) {
  styles();
  void bringSymbols();
  const made = places.get(place) ?? new Files(place, { authorise: async () => headers, remove: (address) => ask(address, { body: {}, headers }) });
  places.set(place, made);
  return made;
}

/** @param {HTMLElement} place @param {string} address the latest one wins */
export async function attachments(place, address) {
  const files = filesIn(place);
  if (place.dataset.address !== address) files.clear();
  place.dataset.address = address;
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (!answer?.ok || answer.redirected || place.dataset.address !== address) return;
  files.show(await answer.text());
}
