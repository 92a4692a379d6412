/** The steps of a long questionnaire: one is seen at a time, those of which nothing is asked are passed over. */
import { clear } from "/static/js/form.js";
import { fill } from "/static/js/template.js";

const number = new Intl.NumberFormat(document.documentElement.lang);

export class Steps {
  #now = 0;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.all = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-step]")]);
    this.#now = this.#begun();
    this.show();
    form.querySelector("[data-earlier]")?.addEventListener("click", () => this.#back());
    form.addEventListener("click", (event) => this.#follow(event), { capture: true });
  }

  /** Those of which something is asked. @returns {HTMLElement[]} */
  get #asked() {
    return this.all.filter((step) => asked(step).length > 0);
  }

  get isLast() {
    return !this.all.length || this.all[this.#now] === this.#asked.at(-1);
  }

  /** The keys of what is asked in this step. */
  get keys() {
    return asked(this.all[this.#now]).map((item) => item.dataset.item ?? "");
  }

  next() {
    this.#go(1);
  }

  /** Shows the step one is in, after answers may have changed which others there are. */
  show() {
    if (!this.all.length) return;
    const known = this.#asked;
    for (const step of this.all) {
      step.hidden = step !== this.all[this.#now];
      fill(step, { place: { values: { number: number.format(known.indexOf(step) + 1), count: number.format(known.length) } } });
    }
    const rest = this.isLast ? "last" : "more";
    const place = known.indexOf(this.all[this.#now]);
    fill(this.form, { act: { when: rest }, acting: { when: rest }, earlier: place > 0, progress: { max: known.length, value: place + 1 } });
    for (const said of /** @type {NodeListOf<HTMLElement>} */ (this.form.parentElement?.querySelectorAll("[data-first]") ?? [])) said.hidden = place > 0;
  }

  #back() {
    clear(this.form);
    this.#go(-1);
  }

  /** @param {number} by */
  #go(by) {
    const known = this.#asked;
    const there = known[known.indexOf(this.all[this.#now]) + by];
    if (there) this.#enter(there);
  }

  /** @param {HTMLElement} step */
  #enter(step) {
    this.#now = this.all.indexOf(step);
    this.show();
    step.querySelector("h2, h3, h4")?.scrollIntoView({ block: "start" });
    /** @type {HTMLElement | null} */ (step.querySelector("h2, h3, h4"))?.focus();
  }

  /** What is wrong may stand in another step. @param {Event} event */
  #follow(event) {
    const link = /** @type {HTMLElement} */ (event.target).closest("[data-summary] a");
    const wanted = link && document.getElementById(link.getAttribute("href")?.slice(1) ?? "");
    const step = /** @type {HTMLElement | null | undefined} */ (wanted?.closest("[data-step]"));
    if (!step) return;
    this.#now = this.all.indexOf(step);
    this.show();
  }

  /** Where somebody goes on: behind what was answered, but not beyond what is missing. */
  #begun() {
    const known = this.#asked;
    const answered = known.findLastIndex((step) => asked(step).some(isAnswered));
    const missing = known.findIndex((step, place) => place <= answered && asked(step).some((item) => isNeeded(item) && !isAnswered(item)));
    const place = missing < 0 ? answered : missing;
    return Math.max(0, this.all.indexOf(known[Math.max(place, 0)]));
  }
}

/** @param {HTMLElement} step @returns {HTMLElement[]} */
function asked(step) {
  const items = /** @type {HTMLElement[]} */ ([...step.querySelectorAll("[data-item]:not([data-page])")]);
  return items.filter((item) => !item.closest("[data-item][hidden]"));
}

/** @param {HTMLElement} item */
function isNeeded(item) {
  return Boolean(item.querySelector("[required]")) || item.hasAttribute("data-needed");
}

/** @param {HTMLElement} item */
function isAnswered(item) {
  const fields = /** @type {HTMLInputElement[]} */ ([...item.querySelectorAll("input, select, textarea")]);
  return fields.some((field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : field.value !== ""));
}
