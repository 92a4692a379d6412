/** Messages with the clinic: whom one can write to, and one conversation at a time; nothing is lost without a connection. */
import { connect } from "/static/js/connect.js";
import { Outbox } from "/static/js/outbox.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/**
 * @typedef {{ id: string, with: string, department: string, unread: number, last_at: string, on: boolean, empty: boolean, read_to: number }} Letter
 * @typedef {{ seq: number, changed: number, deleted_at: string | null, edited_at: string | null, client_id: string, author: "patient" | "staff" | "system", name: string, text: string, at: string }} Line
 * @typedef {{ client_id: string, event: string, body: { conversation: string, text: string } }} Sent
 */

const times = clock();
const TEMPLATES = { patient: "line-mine", staff: "line", system: "line-system" };

/** @param {string} selector @returns {any} an element that the server's HTML always has */
function part(selector) {
  return document.querySelector(selector);
}

/** @param {string} at */
function time(at) {
  return times.isoDate(at) === times.isoDate(Date.now()) ? times.time(at) : times.moment(at);
}

/** @param {{ token: () => string, view: (name: string) => void, failed: (error: unknown) => void, store: import("/static/js/store.js").Store, onState: (state: string) => void }} options */
export function messages(options) {
  return new Messages(options);
}

export class Messages {
  /** @type {Letter[]} */
  #letters = [];
  /** @type {Stream<Line> | undefined} */
  #stream;
  #open = "";
  /** @type {Map<string, HTMLElement>} */
  #unsent = new Map();
  #unfollow = () => {};

  /** @param {{ token: () => string, view: (name: string) => void, failed: (error: unknown) => void, store: import("/static/js/store.js").Store, onState: (state: string) => void }} options */
  constructor({ token, view, failed, store, onState }) {
    this.view = view;
    this.log = /** @type {HTMLElement} */ (part("[data-log]"));
    this.connection = connect({ namespace: "/portal", auth: () => ({ token: token() }), onState: (state) => (this.#state(state), onState(state)), onRefused: (error) => this.#refused(error, failed) });
    this.connection.on("letter", (hint) => this.#heard(hint));
    this.connection.follow({ catchUp: () => this.#look() });
    this.outbox = new Outbox({
      send: (item) => this.connection.request(item.event, { ...item.body, client_id: item.client_id }),
      onFate: (item, fate, answer) => this.#fate(/** @type {Sent} */ (item), fate, answer),
      store,
      key: "portal-outbox",
    });
    this.connection.carry(this.outbox);
    this.#listen();
  }

  /** Hear no more of it. */
  close() {
    this.connection.close();
  }

  #listen() {
    part("#letters").addEventListener("click", (/** @type {Event} */ event) => {
      const id = /** @type {HTMLElement} */ (event.target).closest("li")?.dataset.id;
      if (id && /** @type {HTMLElement} */ (event.target).closest("[data-letter]")) this.#show(id);
    });
    const field = part("#say-text");
    part("#say").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text) this.outbox.add("say", { conversation: this.#open, text });
      field.value = "";
    });
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      part("#say").requestSubmit();
    });
    document.addEventListener("visibilitychange", () => this.#read());
  }

  /** @param {import("/static/js/connect.js").State} state */
  #state(state) {
    fill(part("[data-view=talk]"), { offline: state === "offline" });
  }

  /** @param {any} error @param {(error: unknown) => void} failed */
  #refused(error, failed) {
    if (error.data?.error !== "signed_out") return;
    this.close();
    failed(error);
  }

  async #look() {
    this.#letters = (await this.connection.request("letters")).letters;
    this.#draw();
  }

  /** @param {{ conversation: string, erased: boolean }} hint */
  #heard({ conversation, erased }) {
    this.#look().catch(() => {});
    if (conversation !== this.#open) return;
    if (erased) this.#show(conversation);
    else this.#stream?.catchUp().catch(() => {});
  }

  #draw() {
    part("#letters").hidden = !this.#letters.length;
    const list = part("#letters [data-list]");
    const focused = document.activeElement?.closest("li")?.dataset.id;
    list.replaceChildren(...this.#letters.map((letter) => drawn(letter)));
    if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
    this.#standing();
  }

  #standing() {
    const letter = this.#letters.find(({ id }) => id === this.#open);
    if (!letter) return;
    fill(part("[data-view=talk]"), { with: letter.with, off: !letter.on, read: letter.read_to > 0 && letter.read_to === this.#stream?.seq });
    part("#say").hidden = !letter.on;
  }

  /** @param {string} id */
  #show(id) {
    this.#unfollow();
    this.#open = id;
    this.#unsent.clear();
    this.log.replaceChildren();
    this.#stream = new Stream({
      page: (after) => this.connection.request("catch_up", { conversation: id, after }),
      apply: (/** @type {Line} */ line) => this.#said(line),
      number: (/** @type {Line} */ line) => line.changed,
    });
    this.#unfollow = this.connection.follow(this.#stream);
    for (const item of /** @type {Sent[]} */ (this.outbox.items)) if (item.body.conversation === id) this.#fate(item, "waiting");
    this.#standing();
    this.view("talk");
    this.#read();
  }

  /** @param {Line} line */
  #said(line) {
    this.#settle(line.client_id);
    const before = this.log.querySelector(`[data-seq="${line.seq}"]`);
    const when = (/** @type {string | null} */ at) => (at ? { values: { time: time(at) } } : null);
    const item = clone(TEMPLATES[line.author], {
      text: line.deleted_at ? null : line.text,
      gone: when(line.deleted_at),
      edited: line.deleted_at ? null : when(line.edited_at),
      name: line.name || null,
      at: { text: time(line.at), datetime: line.at },
    });
    item.dataset.seq = String(line.seq);
    if (before) return before.replaceWith(item);
    this.#place(item, line.seq);
    this.#toEnd();
    if (line.author !== "patient") this.#read();
    this.#standing();
  }

  /** What was said earlier stands above, also when it is heard of later. @param {HTMLElement} item @param {number} seq */
  #place(item, seq) {
    const rows = /** @type {HTMLElement[]} */ ([...this.log.querySelectorAll("[data-seq]")]);
    const later = rows.find((row) => Number(row.dataset.seq) > seq);
    this.log.insertBefore(item, later ?? this.#unsent.values().next().value ?? null);
  }

  /** What this page has is read; what is on its way is not. */
  #read() {
    const seen = document.visibilityState === "visible" && !part("[data-view=talk]").hidden;
    const to = this.#stream?.seq ?? 0;
    if (this.#open && seen && to) this.connection.request("read", { conversation: this.#open, to }).catch(() => {});
  }

  /** @param {Sent} item @param {string} fate @param {any} [answer] */
  #fate(item, fate, answer) {
    if (item.body.conversation !== this.#open) return;
    if (fate === "sent") {
      this.#stream?.catchUp().catch(() => {});
      return;
    }
    this.#settle(item.client_id);
    const line = fate === "failed" ? clone("line-failed", { text: item.body.text, why: answer.message }) : clone("line-unsent", { text: item.body.text });
    this.#unsent.set(item.client_id, line);
    this.log.append(line);
    this.#toEnd();
  }

  /** @param {string} id of a message that is no longer on its way */
  #settle(id) {
    this.#unsent.get(id)?.remove();
    this.#unsent.delete(id);
  }

  #toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @param {Letter} letter */
function drawn(letter) {
  const item = clone("letter", {
    with: letter.with,
    department: letter.department || null,
    at: letter.empty ? null : { text: time(letter.last_at), datetime: letter.last_at },
    off: !letter.on,
    count: letter.unread > 0,
    number: letter.unread,
    whose: letter.with,
  });
  item.dataset.id = letter.id;
  return item;
}
