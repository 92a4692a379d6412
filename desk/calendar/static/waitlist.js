/** Who waits for a time to become free: moments in the clinic's time, and taking somebody off. */
import { fill } from "/static/js/template.js";
import { dialog, perform, times } from "/static/desk/desk.js";

const page = /** @type {HTMLElement} */ (document.getElementById("waitlist"));
/** @type {HTMLElement | null | undefined} */
let chosen;

for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (page.querySelectorAll("time"))) {
  time.textContent = "day" in time.dataset ? times.date(`${time.dateTime}T12:00:00Z`) : times.moment(time.dateTime);
}

page.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act=take-off]");
  if (!button) return;
  chosen = button.closest("tr");
  fill(dialog("take-off"), { title: { values: { email: chosen?.querySelector("[data-email]")?.textContent } } });
  dialog("take-off").returnValue = "";
  dialog("take-off").showModal();
});

dialog("take-off").addEventListener("close", async () => {
  if (dialog("take-off").returnValue !== "yes" || !chosen) return;
  if (await perform("take_off_waitlist", { id: Number(chosen.dataset.id) })) takeAway(chosen);
});

/** @param {HTMLElement} row */
function takeAway(row) {
  const group = /** @type {HTMLElement} */ (row.closest("[data-group]"));
  row.remove();
  const left = group.querySelectorAll("tbody tr").length;
  if (left) {
    /** @type {HTMLElement} */ (group.querySelector("[data-number]")).textContent = String(left);
    /** @type {HTMLElement} */ (group.querySelector("[data-act]")).focus();
  } else {
    group.remove();
  }
  if (page.querySelector("[data-group]")) return;
  /** @type {HTMLElement} */ (page.querySelector("[data-some]")).hidden = true;
  const nobody = /** @type {HTMLElement} */ (page.querySelector("[data-nobody]"));
  nobody.hidden = false;
  nobody.querySelector("h2")?.focus();
}
