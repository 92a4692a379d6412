/** The page of one patient's answers. */
import { Refused, ask } from "/static/js/ask.js";
import { times } from "/static/desk/desk.js";

for (const date of document.querySelectorAll("time[data-date]")) date.textContent = times.date(`${date.getAttribute("datetime")}T12:00:00Z`);
for (const moment of document.querySelectorAll("time[data-moment]")) moment.textContent = times.moment(moment.getAttribute("datetime") ?? "");
document.querySelector("[data-print]")?.addEventListener("click", () => print());

const reopens = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-reopen]"));
reopens?.addEventListener("click", () => void reopen(reopens));

/** Let the patient correct it; the page then says so. @param {HTMLButtonElement} button */
async function reopen(button) {
  button.disabled = true;
  const csrf = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
  try {
    await ask(button.dataset.reopen ?? "", { body: {}, headers: { "X-CSRFToken": csrf } });
    location.reload();
  } catch (error) {
    button.disabled = false;
    const failed = /** @type {HTMLElement | null} */ (document.querySelector("[data-failed]"));
    const words = failed?.querySelector("[data-message]");
    if (words && error instanceof Refused) words.textContent = error.message;
    if (failed) failed.hidden = false;
  }
}
