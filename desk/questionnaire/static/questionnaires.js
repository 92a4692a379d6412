/** What was asked for an appointment or a visit, in a place of any page of the desk; the server draws it. */
import { Refused, ask } from "/static/js/ask.js";
import { bringSymbols } from "/static/js/symbols.js";

/** @type {WeakMap<HTMLElement, string>} what stands in each place: what says the same stays, and the focus in it */
const shown = new WeakMap();
const csrf = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";

/** @param {HTMLElement} place @param {string} address the latest one wins */
export async function questionnaires(place, address) {
  if (place.dataset.address !== address) place.replaceChildren();
  place.dataset.address = address;
  style();
  void bringSymbols();
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (!answer?.ok || answer.redirected || place.dataset.address !== address) return;
  show(place, await answer.text());
}

/** @param {HTMLElement} place @param {string} page */
function show(place, page) {
  if (shown.get(place) === page && place.childElementCount) return;
  shown.set(place, page);
  place.replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
  const form = /** @type {HTMLFormElement | null} */ (place.querySelector("form"));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(place, form);
  });
}

/** @param {HTMLElement} place @param {HTMLFormElement} form */
async function send(place, form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  const body = { questionnaires: new FormData(form).getAll("questionnaire").map(Number) };
  try {
    const { mailed, page } = await ask(form.dataset.sends ?? "", { body, headers: { "X-CSRFToken": csrf } });
    shown.delete(place);
    show(place, page);
    say(place, mailed ? "mailed" : "asked");
  } catch (error) {
    button.disabled = false;
    const failed = say(place, "failed");
    const words = failed?.querySelector("[data-message]");
    const unreachable = document.querySelector("template#says");
    const rest = /** @type {HTMLTemplateElement | null} */ (unreachable)?.content.querySelector("[data-when=unreachable]")?.textContent;
    if (words) words.textContent = error instanceof Refused ? error.message : (rest ?? "");
  }
}

/** @param {HTMLElement} place @param {string} what */
function say(place, what) {
  const said = /** @type {HTMLElement | null} */ (place.querySelector(`[data-said=${what}]`));
  if (said) said.hidden = false;
  return said;
}

function style() {
  const href = "/static/questionnaire.css";
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
