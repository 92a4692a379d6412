/** The clinic's own texts in the place to write in: `/` and what follows looks for one, arrows choose, Enter puts it in. */
import { clone } from "/static/js/template.js";
import { live } from "./desk.js";

/** @typedef {{ id: number, code: string, title: string, text: string }} Text as it would be sent */

const ASKED = /(?:^|\s)\/([^\s/]*)$/;
const MOST = 8;

export class Texts {
  /** @type {Text[] | undefined} */
  #all;
  #at = 0;

  /** @param {{ id: number, form: HTMLFormElement, input: HTMLTextAreaElement, signal: AbortSignal }} options */
  constructor({ id, form, input, signal }) {
    this.id = id;
    this.input = input;
    this.list = /** @type {HTMLElement | null} */ (form.querySelector("[data-texts]"));
    if (!this.list) return;
    this.list.role = "listbox";
    this.list.ariaLabel = this.list.dataset.label ?? "";
    input.setAttribute("aria-controls", this.list.id);
    input.addEventListener("input", () => void this.#look(), { signal });
    input.addEventListener("keydown", (event) => this.#key(event), { signal });
    input.addEventListener("blur", () => setTimeout(() => this.#close(), 200), { signal });
    this.list.addEventListener("mousedown", (event) => this.#pick(event), { signal });
    form.querySelector("[data-all-texts]")?.addEventListener("click", () => this.#open(), { signal });
  }

  /** All of them, as if a slash had been written. */
  #open() {
    this.input.value += /\S$/.test(this.input.value) ? " /" : "/";
    this.input.focus();
    void this.#look();
  }

  get #asked() {
    return ASKED.exec(this.input.value.slice(0, this.input.selectionStart));
  }

  async #look() {
    const asked = this.#asked;
    if (!asked) return this.#close();
    this.#all ??= (await live.request("texts", { id: this.id }).catch(() => ({ texts: undefined }))).texts;
    if (this.#asked) this.#show(this.#fitting(this.#asked[1].toLocaleLowerCase()));
  }

  /** @param {string} words */
  #fitting(words) {
    const starts = (/** @type {Text} */ { code }) => Boolean(code) && code.toLocaleLowerCase().startsWith(words);
    const has = (/** @type {Text} */ text) => `${text.title}\n${text.text}`.toLocaleLowerCase().includes(words);
    const all = this.#all ?? [];
    return [...all.filter(starts), ...all.filter((text) => !starts(text) && has(text))].slice(0, MOST);
  }

  /** @param {Text[]} texts */
  #show(texts) {
    const list = /** @type {HTMLElement} */ (this.list);
    const rows = texts.map((text, number) => {
      const row = clone("ready-text", { title: text.title, code: text.code ? `/${text.code}` : null, text: text.text });
      row.id = `${list.id}-${number}`;
      row.role = "option";
      row.dataset.text = text.text;
      return row;
    });
    list.replaceChildren(...rows);
    list.hidden = !rows.length;
    this.#choose(0);
  }

  #close() {
    if (!this.list) return;
    this.list.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} number */
  #choose(number) {
    const rows = [.../** @type {HTMLElement} */ (this.list).children];
    if (!rows.length) return;
    this.#at = (number + rows.length) % rows.length;
    for (const [index, row] of rows.entries()) row.setAttribute("aria-selected", String(index === this.#at));
    this.input.setAttribute("aria-activedescendant", rows[this.#at].id);
    rows[this.#at].scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.list?.hidden || event.isComposing) return;
    /** @type {Record<string, () => void>} */
    const does = {
      ArrowDown: () => this.#choose(this.#at + 1),
      ArrowUp: () => this.#choose(this.#at - 1),
      Escape: () => this.#close(),
      Enter: () => this.#put(this.list?.children[this.#at]),
      Tab: () => this.#put(this.list?.children[this.#at]),
    };
    if (!does[event.key] || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    does[event.key]();
  }

  /** @param {MouseEvent} event */
  #pick(event) {
    event.preventDefault();
    this.#put(/** @type {HTMLElement} */ (event.target).closest("[data-text]"));
  }

  /** What was looked for gives way to the text, filled in as it would be sent. @param {Element | null | undefined} row */
  #put(row) {
    const asked = this.#asked;
    if (!(row instanceof HTMLElement) || !asked) return;
    const end = this.input.selectionStart;
    this.input.setRangeText(row.dataset.text ?? "", end - asked[1].length - 1, end, "end");
    this.#close();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.focus();
  }
}
