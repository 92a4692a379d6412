/** A list of files that can be saved, deleted and added: chosen or dropped, sent one after the other, kept when the network fails. */
import { Refused, Unreachable } from "./ask.js";
import { clientId } from "./client_id.js";
import { fill } from "./template.js";

const LONGEST = 10 * 60_000; // milliseconds that one file may take

/**
 * @typedef {object} Options
 * @property {() => Promise<Record<string, string>>} authorise headers that show who asks
 * @property {(address: string) => Promise<any>} remove
 */

export class Files {
  /** @type {Promise<void>} one after the other */
  #queue = Promise.resolve();
  /** @type {string} */
  #shown = "";

  /** @param {HTMLElement} place @param {Options} options */
  constructor(place, { authorise, remove }) {
    this.place = place;
    this.authorise = authorise;
    this.remove = remove;
    place.addEventListener("click", (event) => this.#clicked(/** @type {HTMLElement} */ (event.target)));
    place.addEventListener("change", (event) => this.#chosen(/** @type {HTMLInputElement} */ (event.target)));
    place.addEventListener("dragover", (event) => this.#over(event));
    place.addEventListener("dragleave", () => this.#light(false));
    place.addEventListener("drop", (event) => this.#dropped(event));
  }

  /** What the server drew; what is being sent or asked stays. @param {string} page */
  show(page) {
    if (page === this.#shown && this.place.childElementCount) return;
    this.#shown = page;
    const drawn = new DOMParser().parseFromString(page, "text/html").body;
    const list = this.#list;
    const news = drawn.querySelector("[data-list]");
    const asking = this.place.querySelector("[data-sure]:not([hidden]), [data-sending] > *");
    if (this.place.childElementCount && saidIn(this.place) === saidIn(drawn)) return;
    if (list && news && asking) this.#bring(list, news);
    else this.place.replaceChildren(...drawn.childNodes);
  }

  clear() {
    this.#shown = "";
    this.place.replaceChildren();
  }

  /** Ids of the files that are there. */
  get ids() {
    return this.#items.map((item) => item.dataset.file ?? "");
  }

  /** When everything that is on its way has arrived or failed; how many are left. @returns {Promise<number>} */
  async unsent() {
    await this.#queue;
    return this.place.querySelectorAll("[data-sending] > *").length;
  }

  get #list() {
    return this.place.querySelector("[data-list]");
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([...this.place.querySelectorAll("[data-file]")]);
  }

  get #adder() {
    return /** @type {HTMLElement | null} */ (this.place.querySelector("[data-add]"));
  }

  /** @param {Element} list @param {Element} news */
  #bring(list, news) {
    const known = new Map(this.#items.map((item) => [item.dataset.file, item]));
    const open = (/** @type {HTMLElement | undefined} */ item) => item?.querySelector("[data-sure]:not([hidden])");
    const items = /** @type {HTMLElement[]} */ ([...news.children]);
    list.replaceChildren(...items.map((item) => (open(known.get(item.dataset.file)) && known.get(item.dataset.file)) || item));
  }

  // — adding

  /** @param {DragEvent} event */
  #over(event) {
    if (!this.#adder || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#light(true);
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    this.#light(false);
    if (!this.#adder || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.#add(event.dataTransfer.files);
  }

  /** @param {boolean} on */
  #light(on) {
    this.place.querySelector("[data-drop]")?.toggleAttribute("data-over", on);
  }

  /** @param {HTMLInputElement} input */
  #chosen(input) {
    if (input.type !== "file" || !input.files?.length) return;
    this.#add(input.files);
    input.value = "";
  }

  /** @param {FileList} files */
  #add(files) {
    for (const file of files) this.#wait(file);
  }

  /** @param {File} file */
  #wait(file) {
    const adder = /** @type {HTMLElement} */ (this.#adder);
    const template = /** @type {HTMLTemplateElement} */ (adder.querySelector("template[data-row]"));
    const row = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
    fill(row, { name: file.name, again_name: file.name, away_name: file.name, state: { when: "waiting" } });
    adder.querySelector("[data-sending]")?.append(row);
    const sending = new Sending(file, row, adder, this.authorise);
    row.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (target.closest("[data-again]")) this.#send(sending);
      else if (target.closest("[data-away]")) sending.stop();
    });
    this.#send(sending);
  }

  /** @param {Sending} sending */
  #send(sending) {
    this.#queue = this.#queue.then(async () => {
      const answer = await sending.send();
      if (!answer) return;
      const item = new DOMParser().parseFromString(answer.item, "text/html").body.firstElementChild;
      if (item && !this.ids.includes(answer.uid)) this.#list?.append(item);
      sending.row.remove();
      this.#say("added");
    });
  }

  // — saving and deleting

  /** @param {HTMLElement} target */
  #clicked(target) {
    const item = /** @type {HTMLElement | null} */ (target.closest("[data-file]"));
    const button = /** @type {HTMLElement | null} */ (target.closest("button"));
    if (!item || !button) return;
    const { save, yes } = button.dataset;
    if (save) void this.#act(item, () => this.#save(item, save));
    else if (yes) void this.#act(item, () => this.#delete(item, yes));
    else if ("remove" in button.dataset) this.#sure(item, true);
    else if ("no" in button.dataset) this.#sure(item, false);
  }

  /** @param {HTMLElement} item @param {boolean} asked */
  #sure(item, asked) {
    const question = /** @type {HTMLElement} */ (item.querySelector("[data-sure]"));
    question.hidden = !asked;
    /** @type {HTMLElement | null} */ (item.querySelector(asked ? "[data-no]" : "[data-remove]"))?.focus();
  }

  /** @param {HTMLElement} item @param {string} address */
  async #delete(item, address) {
    await this.remove(address);
    item.remove();
    this.#say("removed");
    /** @type {HTMLElement | null} */ (this.place.querySelector("[tabindex='-1']"))?.focus();
  }

  /** @param {HTMLElement} item @param {string} address */
  async #save(item, address) {
    const answer = await fetch(address, { headers: await this.authorise() }).catch(() => undefined);
    if (!answer) throw new Unreachable();
    if (!answer.ok) throw new Refused(await answer.json().catch(() => ({})), answer.status);
    const blob = await answer.blob().catch(() => undefined);
    if (!blob) throw new Unreachable();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = item.dataset.name ?? "";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** @param {HTMLElement} item @param {() => Promise<void>} work */
  async #act(item, work) {
    problem(item);
    try {
      await work();
    } catch (error) {
      problem(item, error);
    }
  }

  /** @param {string} what */
  #say(what) {
    for (const said of /** @type {NodeListOf<HTMLElement>} */ (this.place.querySelectorAll("[data-said]"))) said.hidden = said.dataset.said !== what;
  }
}

/** One file on its way. */
class Sending {
  #client = clientId(); // the same for every attempt: it is never there twice
  #stopped = false;
  /** @type {XMLHttpRequest | undefined} */
  #request;

  /** @param {File} file @param {HTMLElement} row @param {HTMLElement} adder @param {Options["authorise"]} authorise */
  constructor(file, row, adder, authorise) {
    this.file = file;
    this.row = row;
    this.adder = adder;
    this.authorise = authorise;
    this.progress = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
    addEventListener("online", () => this.#again && !this.#again.hidden && this.#again.click());
  }

  get #again() {
    return this.row.isConnected ? /** @type {HTMLElement} */ (this.row.querySelector("[data-again]")) : undefined;
  }

  /** @returns {Promise<{ uid: string, item: string } | undefined>} nothing when it did not arrive, which is shown */
  async send() {
    if (this.#stopped) return undefined;
    problem(this.row);
    this.#show("sending");
    try {
      this.#require();
      return await this.#post(await this.authorise());
    } catch (error) {
      if (!this.#stopped) this.#fail(error);
      return undefined;
    }
  }

  stop() {
    this.#stopped = true;
    this.#request?.abort();
    this.row.remove();
  }

  /** What the server would refuse need not go there. */
  #require() {
    const { largest = "0", kinds = "" } = this.adder.dataset;
    const ending = `.${this.file.name.split(".").pop()?.toLowerCase()}`;
    if (!kinds.split(",").includes(ending)) throw new Refused({ error: "kind" });
    if (this.file.size > Number(largest)) throw new Refused({ error: "large" });
  }

  /** @param {Record<string, string>} headers @returns {Promise<any>} rejects with Refused or Unreachable */
  #post(headers) {
    const request = (this.#request = new XMLHttpRequest());
    return new Promise((resolve, reject) => {
      request.open("POST", this.adder.dataset.add ?? "");
      request.responseType = "json";
      request.timeout = LONGEST;
      const about = encodeURIComponent(JSON.stringify({ client_id: this.#client, name: this.file.name.slice(-255) }));
      const all = { ...headers, Accept: "application/json", "Content-Type": "application/octet-stream", "X-File": about };
      for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded, total }) => this.#draw(loaded / total));
      request.addEventListener("load", () => (request.status === 201 ? resolve(request.response) : reject(refusal(request))));
      for (const lost of ["error", "timeout", "abort"]) request.addEventListener(lost, () => reject(new Unreachable(lost)));
      request.send(this.file);
    });
  }

  /** @param {number} share */
  #draw(share) {
    this.progress.value = share || 0;
    if (share >= 1) this.#show("checking");
  }

  /** @param {string} state */
  #show(state) {
    fill(this.row, { state: { when: state } });
    this.progress.hidden = state === "kept";
    /** @type {HTMLElement} */ (this.row.querySelector("[data-again]")).hidden = true;
  }

  /** @param {unknown} error */
  #fail(error) {
    problem(this.row, error);
    this.#show("kept");
    /** @type {HTMLElement} */ (this.row.querySelector("[data-again]")).hidden = !(error instanceof Unreachable);
  }
}

/** What a list shows, to tell whether another shows the same. @param {Element} place */
function saidIn(place) {
  const items = [...place.querySelectorAll("[data-list] > *")].map((item) => item.textContent?.replace(/\s+/g, ""));
  return [Boolean(place.querySelector("[data-add]")), ...items].join("\n");
}

/** @param {XMLHttpRequest} request */
function refusal({ status, response }) {
  const down = [502, 503, 504].includes(status) && !response?.error;
  return down ? new Unreachable(String(status)) : new Refused(response ?? {}, status);
}

/** What is wrong, in words; without an error nothing. @param {HTMLElement} item @param {unknown} [error] */
function problem(item, error) {
  const place = /** @type {HTMLElement} */ (item.querySelector("[data-problem]"));
  place.hidden = !error;
  if (!error) return;
  if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
  const when = whatOf(error);
  for (const words of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-wrong]"))) words.hidden = words.dataset.wrong !== when;
  if (when === "refused") fill(place, { message: error.message });
}

/** What to say of it. @param {Refused | Unreachable} error */
function whatOf(error) {
  if (error instanceof Unreachable) return "unreachable";
  if (error.message) return "refused";
  return error.code || "unreachable";
}

/** The look comes with the first of them. */
export function styles() {
  const href = "/static/files.css";
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
