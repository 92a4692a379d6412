/** What has just been done in the calendar, or why not, with a way back; it stays until the next. */
import { fill } from "/static/js/template.js";

const banner = /** @type {HTMLElement} */ (document.getElementById("said"));
/** @type {(() => unknown) | undefined} */
let back;

/**
 * @param {string} when which of the page's sentences
 * @param {Record<string, string | number>} values
 * @param {() => unknown} [undo] leads back, where a way does
 */
export function tell(when, values, undo) {
  back = undo;
  banner.hidden = false;
  banner.classList.toggle("is-late", when === "stays");
  fill(banner, { words: { when, values }, undo: Boolean(undo) });
}

banner.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("button");
  if (!button) return;
  const undo = back;
  back = undefined;
  banner.hidden = true;
  if (button.dataset.act === "undo") void undo?.();
});
