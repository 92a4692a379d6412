/**
 * The mail beside its text, as one types. The server composes it as it composes real mails; the page of the mail is shown
 * in a frame where nothing runs, filled by a form, for what is written belongs into no address.
 */

const PAUSE = 350; // milliseconds without a key

/** @type {<E extends HTMLElement = HTMLElement>(selector: string, within: ParentNode) => E} */
export const part = (selector, within) => /** @type {any} */ (within.querySelector(selector));

/** @param {HTMLElement} pane */
export function mailPreview(pane) {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("model_form"));
  if (!form) return;
  const preview = new Preview(pane, form);
  pane.hidden = false;
  form.addEventListener("input", () => preview.soon());
  document.addEventListener("click", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("[data-insert]")) preview.soon();
  });
  for (const button of preview.looks) button.addEventListener("click", () => preview.look(button.dataset["look"] ?? ""));
  part("[data-send]", pane).addEventListener("click", () => void preview.send());
  new ResizeObserver(() => preview.fit()).observe(part("[data-stage]", pane));
  void preview.refresh();
}

class Preview {
  /** @param {HTMLElement} pane @param {HTMLFormElement} form */
  constructor(pane, form) {
    this.pane = pane;
    this.form = form;
    this.stage = part("[data-stage]", pane);
    this.looks = /** @type {HTMLElement[]} */ ([...pane.querySelectorAll("[data-look]")]);
    this.turn = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), PAUSE);
  }

  /** What is written now, saved or not. */
  values() {
    const values = new FormData(this.form);
    if (!values.has("set")) values.set("set", this.pane.dataset["set"] ?? "");
    return values;
  }

  async refresh() {
    const turn = ++this.turn;
    const values = this.values();
    const answer = await answerOf(this.pane.dataset["preview"], values);
    if (turn !== this.turn) return; // somebody has typed on
    part("[data-unreachable]", this.pane).hidden = Boolean(answer);
    if (!answer) return;
    for (const place of [part("[data-subject]", this.pane), part("[data-text]", this.pane)]) {
      place.lang = answer.lang;
      place.dir = answer.dir;
    }
    part("[data-subject]", this.pane).textContent = answer.subject;
    part("[data-text]", this.pane).textContent = answer.text;
    this.say(answer.problems);
    this.draw(values);
  }

  /** Only what has changed, so that it is read out once. @param {string[]} problems */
  say(problems) {
    const place = part("[data-problems]", this.pane);
    if (place.textContent === problems.join("")) return;
    const template = /** @type {HTMLTemplateElement} */ (part("[data-problem]", this.pane));
    place.replaceChildren(
      ...problems.map((words) => {
        const copy = /** @type {DocumentFragment} */ (document.importNode(template.content, true));
        part("[data-words]", copy).textContent = words;
        return copy;
      }),
    );
  }

  /** A new frame takes the old one's place when it is there; filling the same one again would fill the way back. @param {FormData} values */
  draw(values) {
    const template = /** @type {HTMLTemplateElement} */ (part("[data-frame]", this.pane));
    const frame = part("iframe", /** @type {DocumentFragment} */ (document.importNode(template.content, true)));
    const before = [...this.stage.children];
    frame.setAttribute("name", `mail-${this.turn}`);
    this.stage.append(frame);
    frame.addEventListener("load", () => before.forEach((old) => old.remove()));
    submitTo(frame.getAttribute("name") ?? "", this.pane.dataset["page"] ?? "", values);
    this.fit();
  }

  /** @param {string} wanted */
  look(wanted) {
    for (const button of this.looks) button.setAttribute("aria-pressed", String(button.dataset["look"] === wanted));
    this.stage.dataset["as"] = wanted;
    this.stage.hidden = wanted === "text";
    part("[data-text]", this.pane).hidden = wanted !== "text";
    this.fit();
  }

  /** A desktop's width is made smaller until it fits. */
  fit() {
    const wide = 640;
    this.stage.style.setProperty("--scale", String(Math.min(1, this.stage.clientWidth / wide)));
  }

  async send() {
    const said = part("[data-said]", this.pane);
    const button = /** @type {HTMLButtonElement} */ (part("[data-send]", this.pane));
    button.disabled = true;
    said.textContent = "";
    const answer = await answerOf(this.pane.dataset["test"], this.values());
    button.disabled = false;
    part("[data-unreachable]", this.pane).hidden = Boolean(answer);
    said.textContent = answer?.said ?? "";
  }
}

/** @param {string | undefined} url @param {FormData} values @returns {Promise<any>} nothing when there was no answer */
export async function answerOf(url, values) {
  try {
    const answer = await fetch(url ?? "", { method: "POST", body: values, headers: { Accept: "application/json" } });
    return await answer.json();
  } catch {
    return undefined;
  }
}

/** @param {string} target @param {string} action @param {FormData} values */
function submitTo(target, action, values) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, target, hidden: true });
  for (const [name, value] of values) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: String(value) });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
