/** What was said, drawn the same everywhere: links, edited, deleted, a file; and what its author may still do with it. */
import { Refused, Unreachable } from "./ask.js";
import { clone, fill } from "./template.js";
import { clock } from "./time.js";

/**
 * @typedef {{ uid: string, name: string, size: number, state: "clean" | "quarantined" | "refused" }} SentFile
 * @typedef {object} Line a message; `changed` is the number of what happened to it last
 * @property {number} seq
 * @property {number} changed
 * @property {string} client_id
 * @property {string} author
 * @property {string} name
 * @property {string} text
 * @property {string} at
 * @property {string | null} [edited_at]
 * @property {string | null} [deleted_at]
 * @property {SentFile | null} [file]
 */

const ADDRESS = /(?:https?:\/\/|mailto:|tel:)[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const TRAILING = /[.,;:!?'"»)\]}]+$/;
const SAFE = /^(https?|mailto|tel):$/;

/** The text with its addresses as links; nothing of them is fetched. @param {string} text @returns {(string | HTMLElement)[]} */
export function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[0].replace(TRAILING, "");
    const link = linkTo(address);
    if (!link) continue;
    parts.push(text.slice(from, found.index), link);
    from = (found.index ?? 0) + address.length;
  }
  return [...parts, text.slice(from)];
}

/** @param {string} address @returns {HTMLElement | undefined} */
function linkTo(address) {
  const href = address.includes(":") ? address : `mailto:${address}`;
  if (!URL.canParse(href) || !SAFE.test(new URL(href).protocol)) return undefined;
  return Object.assign(document.createElement("a"), { href, textContent: address, rel: "noopener noreferrer nofollow", target: "_blank" });
}

export class Said {
  /** @type {WeakMap<Element, Line>} */
  #lines = new WeakMap();
  #clock;

  /**
   * @param {HTMLElement} log its `data-minutes` say for how long own words can be changed
   * @param {object} options
   * @param {(event: string, body: object) => Promise<any>} options.act
   * @param {(file: SentFile) => Promise<Response>} options.fetch
   * @param {string} [options.zone]
   * @param {boolean} [options.any] whether anybody's words may be deleted at any time
   * @param {AbortSignal} [options.signal]
   */
  constructor(log, { act, fetch: fetches, zone, any = false, signal }) {
    this.log = log;
    this.act = act;
    this.fetch = fetches;
    this.any = any;
    this.#clock = clock({ zone });
    styles();
    log.addEventListener("click", (event) => this.#click(/** @type {HTMLElement} */ (event.target)), { signal });
    log.addEventListener("submit", (event) => this.#submit(event), { signal });
  }

  /** Fills a copy of the template. @param {HTMLElement} element @param {Line} line @param {boolean} mine */
  draw(element, line, mine) {
    this.#lines.set(element, line);
    element.dataset.seq = String(line.seq);
    const words = /** @type {HTMLElement} */ (element.querySelector("[data-slot=text]"));
    words.replaceChildren(...linked(line.text));
    words.hidden = Boolean(line.deleted_at) || !line.text;
    const when = (/** @type {string | null | undefined} */ at) => (at ? { values: { time: this.#moment(at) } } : null);
    fill(element, { gone: when(line.deleted_at), edited: line.deleted_at ? null : when(line.edited_at), sure: null, ...this.#file(line) });
    this.#allow(element, line, mine);
    return element;
  }

  /** Puts it in its place; one that is there already is replaced. @param {HTMLElement} element @param {Element | null} [before] what always stays last */
  place(element, before = null) {
    const seq = Number(element.dataset.seq);
    const there = this.log.querySelector(`[data-seq="${seq}"]`);
    const rows = /** @type {HTMLElement[]} */ ([...this.log.querySelectorAll("[data-seq]")]);
    if (there) there.replaceWith(element);
    else this.log.insertBefore(element, rows.find((row) => Number(row.dataset.seq) > seq) ?? before);
    return Boolean(there);
  }

  /** @param {Line} line */
  #file({ file, deleted_at: gone }) {
    if (!file || gone) return { file: null };
    const size = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 });
    return {
      file: true, file_name: file.name, file_size: size.format(Math.max(1, file.size / 1000)),
      file_state: file.state === "clean" ? null : { when: file.state }, save: file.state === "clean",
    };
  }

  /** @param {HTMLElement} element @param {Line} line @param {boolean} mine */
  #allow(element, line, mine) {
    const left = Date.parse(line.at) + Number(this.log.dataset.minutes ?? 0) * 60_000 - Date.now();
    const own = mine && !line.deleted_at && left > 0;
    const may = { may_edit: own && Boolean(line.text), may_delete: !line.deleted_at && (own || this.any) };
    fill(element, { acts: may.may_edit || may.may_delete, ...may });
    if (own && left < 86_400_000) setTimeout(() => element.isConnected && this.#allow(element, line, mine), left + 500);
  }

  /** @param {string} at */
  #moment(at) {
    return this.#clock.isoDate(at) === this.#clock.isoDate(Date.now()) ? this.#clock.time(at) : this.#clock.moment(at);
  }

  /** @param {HTMLElement} target */
  #click(target) {
    const button = target.closest("button");
    const element = /** @type {HTMLElement | null} */ (target.closest("[data-seq]"));
    const line = element && this.#lines.get(element);
    if (!button || !element || !line) return;
    /** @type {Record<string, () => void>} */
    const does = {
      edit: () => this.#edit(element, line),
      cancel: () => this.#endEdit(element),
      delete: () => this.#ask(element, true),
      keep: () => this.#ask(element, false),
      gone: () => void this.#try(element, () => this.act("delete", { seq: line.seq })),
      save: () => void this.#try(element, () => this.#save(/** @type {SentFile} */ (line.file))),
    };
    does[button.dataset.said ?? ""]?.();
  }

  /** @param {HTMLElement} element @param {boolean} asked */
  #ask(element, asked) {
    fill(element, { sure: asked });
    /** @type {HTMLElement | null} */ (element.querySelector(asked ? "[data-said=keep]" : "[data-said=delete]"))?.focus();
  }

  /** @param {HTMLElement} element @param {Line} line */
  #edit(element, line) {
    if (element.querySelector("form")) return;
    const form = clone("said-edit");
    const input = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    input.value = line.text;
    element.append(form);
    fill(element, { acts: false });
    form.addEventListener("keydown", (event) => event.key === "Escape" && this.#endEdit(element));
    input.focus();
  }

  /** @param {HTMLElement} element */
  #endEdit(element) {
    element.querySelector("form")?.remove();
    fill(element, { acts: true });
    /** @type {HTMLElement | null} */ (element.querySelector("[data-said=edit]"))?.focus();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const element = /** @type {HTMLElement} */ (form.closest("[data-seq]"));
    const line = this.#lines.get(element);
    const text = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea")).value.trim();
    if (!line || !text) return;
    void this.#try(element, async () => {
      if (text !== line.text) await this.act("edit", { seq: line.seq, text });
      if (element.isConnected) this.#endEdit(element);
    });
  }

  /** @param {HTMLElement} element @param {() => Promise<any>} work */
  async #try(element, work) {
    fill(element, { wrong: null });
    try {
      await work();
    } catch (error) {
      if (error instanceof Refused) fill(element, { wrong: { when: "refused" }, wrong_message: error.message });
      else if (error instanceof Unreachable) fill(element, { wrong: { when: "unreachable" } });
      else throw error;
    }
  }

  /** @param {SentFile} file */
  async #save(file) {
    await saveAs(await this.fetch(file), file.name);
  }
}

/** The look comes with the first conversation. */
function styles() {
  const href = "/static/said.css";
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}

/** Lets the browser save what a server answered. @param {Response} answer @param {string} name */
export async function saveAs(answer, name) {
  if (!answer.ok) throw new Refused(await answer.json().catch(() => ({})), answer.status);
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await answer.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {string} address @param {Record<string, string>} [headers] */
export async function get(address, headers) {
  try {
    return await fetch(address, { headers: { Accept: "application/json", ...headers } });
  } catch {
    throw new Unreachable();
  }
}
