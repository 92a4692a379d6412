/**
 * Keeps what an availability would give beside its form: the server works it out from the unsaved form and answers with the
 * pieces of the page that say it. Fields that the chosen rule does not use are put away.
 */
const PAUSE = 250; // milliseconds without a key, before the server is asked

/** @param {HTMLElement} aside */
export function slots(aside) {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("model_form"));
  if (!form) return;
  const short = shortOf(form);
  short(aside);
  let asked = new AbortController();
  let timer = 0;
  const ask = () => {
    asked.abort();
    asked = new AbortController();
    void renew(aside, form, asked.signal).then(() => short(aside));
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
}

/**
 * Where the aside stands below a long form, the bar that saves says the first thing of it. Screen readers hear the aside.
 * @param {HTMLFormElement} form
 */
function shortOf(form) {
  const line = document.createElement("p");
  line.className = "adm-given__short k-small";
  line.ariaHidden = "true";
  form.querySelector(".form-actions")?.prepend(line);
  return (/** @type {HTMLElement} */ aside) => {
    line.textContent = aside.querySelector("[data-part=said] > *")?.textContent?.trim() ?? "";
  };
}

/** @param {HTMLElement} aside @param {HTMLFormElement} form @param {AbortSignal} signal */
async function renew(aside, form, signal) {
  try {
    const answer = await fetch(aside.dataset["given"] ?? "", { method: "POST", body: new FormData(form), signal });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    show(aside, new DOMParser().parseFromString(await answer.text(), "text/html"));
    failed(aside, false);
  } catch {
    if (!signal.aborted) failed(aside, true);
  }
}

/** What says the same stays, so that a screen reader does not say it again. @param {HTMLElement} aside @param {Document} fresh */
function show(aside, fresh) {
  const open = aside.querySelector("details")?.open ?? false;
  for (const part of aside.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part=${part.getAttribute("data-part")}]`);
    if (next && next.textContent !== part.textContent) part.replaceChildren(...next.childNodes);
  }
  const details = aside.querySelector("details");
  if (details) details.open = open;
}

/** @param {HTMLElement} aside @param {boolean} so */
function failed(aside, so) {
  for (const said of aside.querySelectorAll("[data-failed]")) said.toggleAttribute("hidden", !so);
}
