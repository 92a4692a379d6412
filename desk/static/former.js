/** What a message said before it was edited or deleted: for those who may read it, where the clinic keeps it; each look is noted. */
import { Refused } from "/static/js/ask.js";
import { clone, fill } from "/static/js/template.js";
import { live, times } from "./desk.js";

/** @param {HTMLElement} log @param {number} id of the conversation @param {AbortSignal} signal */
export function formerWords(log, id, signal) {
  log.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-former-words]");
    const line = /** @type {HTMLElement | null} */ (button?.closest("[data-seq]"));
    if (button && line) void toggle(button, line, id);
  }, { signal });
}

/** The way to earlier words, where there may be some. @param {HTMLElement} log @param {HTMLElement} line @param {import("/static/js/said.js").Line} message */
export function offerFormer(log, line, message) {
  fill(line, { former: "former" in log.dataset && Boolean(message.edited_at ?? message.deleted_at) });
}

/** @param {Element} button @param {HTMLElement} line @param {number} id */
async function toggle(button, line, id) {
  const shown = line.querySelector("[data-former-list]");
  button.setAttribute("aria-expanded", String(!shown));
  if (shown) return shown.remove();
  try {
    const { former } = await live.request("former_words", { id, seq: Number(line.dataset.seq) });
    line.append(listOf(former));
  } catch (error) {
    button.setAttribute("aria-expanded", "false");
    if (error instanceof Refused) fill(line, { wrong: { when: "refused" }, wrong_message: error.message });
    else fill(line, { wrong: { when: "unreachable" } });
  }
}

/** @param {{ text: string, until: string }[]} former */
function listOf(former) {
  const list = clone("former", { none: former.length === 0 });
  for (const { text, until } of former) list.append(clone("former-words", { text, until: { values: { time: times.moment(until) } } }));
  return list;
}
