/** Asks for a PIN to the patient's own pages and goes there, where it is entered. */
import { ask, Refused, Unreachable } from "/static/js/ask.js";

/** @param {string} ticket */
export async function requestPin(ticket) {
  let mark = "asked=";
  try {
    await ask("/portal/pin", { body: { ticket, locale: document.documentElement.lang } });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    mark = ""; // there it can be asked for again, and is said why not
  }
  location.assign(`/portal/#${mark}${ticket}`);
}
