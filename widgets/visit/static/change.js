/** Moving or cancelling the appointment of this link. */
import { Refused } from "/static/js/ask.js";
import { clone, fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part } from "/static/widgets-walk_in/views.js";

/**
 * @typedef {{ id: string, start: string, end: string, practitioner: string }} Slot
 * @typedef {object} Options
 * @property {import("/static/widgets-walk_in/visitor.js").Visitor} visitor
 * @property {string} zone of the clinic
 * @property {(appointment: any, moved: boolean) => void} done
 */

/** @param {Options} options */
export function move(options) {
  const view = part("[data-view=move]");
  const anyone = part("#move-anyone");
  const days = part("#move-day");
  say(part("[data-view=move] [data-slot=zone]"), { zone: options.zone });
  anyone.onchange = () => void offerDays(view, options);
  days.onchange = () => void offerTimes(view, options);
  void offerDays(view, options);
}

/** @param {HTMLElement} view @param {Options} options */
async function offerDays(view, options) {
  fill(view, { looking: true, none: false, failed: false });
  const found = await ask(view, options, `/visit/times?anyone=${part("#move-anyone").checked}`);
  fill(view, { looking: false });
  if (!found) return;
  const there = clock({ zone: "UTC" }); // a date has no zone
  const days = part("#move-day");
  const before = days.value;
  days.replaceChildren(...found.days.map((/** @type {string} */ day) => new Option(there.day(`${day}T12:00:00Z`), day)));
  if (found.days.includes(before)) days.value = before;
  fill(view, { choose: found.days.length > 0 || part("#move-anyone").checked, none: !found.days.length });
  await offerTimes(view, options);
}

/** @param {HTMLElement} view @param {Options} options */
async function offerTimes(view, options) {
  const { value: day } = part("#move-day");
  const found = day ? await ask(view, options, `/visit/times?date=${day}&anyone=${part("#move-anyone").checked}`) : { slots: [] };
  if (!found || part("#move-day").value !== day) return;
  part("#move-times").replaceChildren(...found.slots.map((/** @type {Slot} */ slot) => button(slot, view, options)));
}

/** @param {Slot} slot @param {HTMLElement} view @param {Options} options */
function button(slot, view, options) {
  const there = clock({ zone: options.zone });
  const made = clone("move-time", { time: there.time(slot.start), name: part("#move-anyone").checked ? slot.practitioner : null });
  made.addEventListener("click", () => askToMove(slot, view, options));
  return made;
}

/** @param {Slot} slot @param {HTMLElement} view @param {Options} options */
function askToMove(slot, view, options) {
  const dialog = part("#confirm-move");
  fill(dialog, { title: { values: { time: clock({ zone: options.zone }).moment(slot.start) } }, with: { values: { name: slot.practitioner } } });
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue === "yes" && void take(slot, view, options);
  dialog.showModal();
}

/** @param {Slot} slot @param {HTMLElement} view @param {Options} options */
async function take(slot, view, options) {
  const appointment = await ask(view, options, "/visit/move", { slot: slot.id });
  if (appointment) options.done(appointment, true);
  else await offerTimes(view, options);
}

/** @param {Options} options */
export function cancel(options) {
  const dialog = part("#confirm-cancel");
  fill(dialog, { failed: false });
  dialog.querySelector("form").onsubmit = (/** @type {SubmitEvent} */ event) => {
    if (/** @type {HTMLButtonElement} */ (event.submitter).value !== "yes") return;
    event.preventDefault();
    void reallyCancel(dialog, options);
  };
  dialog.showModal();
}

/** @param {any} dialog @param {Options} options */
async function reallyCancel(dialog, options) {
  const appointment = await ask(dialog, options, "/visit/cancel", {});
  if (!appointment) return;
  dialog.close();
  options.done(appointment, false);
}

/**
 * The answer, or nothing and what went wrong in words.
 * @param {HTMLElement} place @param {Options} options @param {string} address @param {object} [body]
 */
async function ask(place, options, address, body) {
  try {
    const answer = await options.visitor.ask(address, body && { body });
    fill(place, { failed: false });
    return answer;
  } catch (error) {
    const refused = error instanceof Refused;
    fill(place, { failed: true, message: refused ? error.message : null, unreachable: !refused });
    return undefined;
  }
}
