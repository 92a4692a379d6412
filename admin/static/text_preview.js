/** A text message beside its words, as one types, with its length. The server counts, as it does for what it sends. */
import { answerOf, part } from "./mail_preview.js";

const PAUSE = 350; // milliseconds without a key

/** @param {HTMLElement} pane */
export function textPreview(pane) {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("model_form"));
  if (!form) return;
  let turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function refresh() {
    const mine = ++turn;
    const answer = await answerOf(pane.dataset["preview"], new FormData(/** @type {HTMLFormElement} */ (form)));
    if (mine !== turn) return; // somebody has typed on
    part("[data-unreachable]", pane).hidden = Boolean(answer);
    if (answer) draw(pane, answer);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), PAUSE);
  }

  pane.hidden = false;
  form.addEventListener("input", soon);
  document.addEventListener("click", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("[data-insert]")) soon();
  });
  void refresh();
}

/** @param {HTMLElement} pane @param {{ text: string, length: string, notes: string[], problems: string[], lang: string, dir: string }} answer */
function draw(pane, answer) {
  const text = part("[data-text]", pane);
  text.textContent = answer.text;
  text.lang = answer.lang;
  text.dir = answer.dir;
  part("[data-length]", pane).textContent = answer.length;
  list(pane, "[data-notes]", "[data-note]", answer.notes);
  list(pane, "[data-problems]", "[data-problem]", answer.problems);
}

/** Only what has changed, so that it is read out once. @param {HTMLElement} pane @param {string} place @param {string} pattern @param {string[]} lines */
function list(pane, place, pattern, lines) {
  const shown = part(place, pane);
  if (shown.textContent === lines.join("")) return;
  const template = /** @type {HTMLTemplateElement} */ (part(pattern, pane));
  shown.replaceChildren(
    ...lines.map((words) => {
      const copy = /** @type {DocumentFragment} */ (document.importNode(template.content, true));
      part("[data-words]", copy).textContent = words;
      return copy;
    }),
  );
}
