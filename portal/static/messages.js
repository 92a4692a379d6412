/** Messages with the clinic: whom one can write to, and one conversation at a time; nothing is lost without a connection. */
import { Refused } from "/static/js/ask.js";
import { connect } from "/static/js/connect.js";
import { Outbox } from "/static/js/outbox.js";
import { get, Said } from "/static/js/said.js";
import { Stream } from "/static/js/stream.js";
import { beside } from "/static/js/taking.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/**
 * @typedef {{ id: string, with: string, department: string, unread: number, last_at: string, on: boolean, empty: boolean, read_to: number }} Letter
 * @typedef {import("/static/js/said.js").Line & { author: "patient" | "staff" | "system" }} Line
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
  /** The place of the earliest message that is shown, 0 when it is the first of all. */
  #first = 0;

  /** @param {{ token: () => string, view: (name: string) => void, failed: (error: unknown) => void, store: import("/static/js/store.js").Store, onState: (state: string) => void }} options */
  constructor({ token, view, failed, store, onState }) {
    this.view = view;
    this.page = /** @type {HTMLElement} */ (part("[data-view=talk]"));
    this.log = /** @type {HTMLElement} */ (part("[data-log]"));
    this.earlier = /** @type {HTMLButtonElement} */ (part("[data-earlier]"));
    this.authorise = async () => ({ Authorization: `Bearer ${token()}` });
    this.said = new Said(this.log, {
      act: (event, body) => this.connection.request(event, { conversation: this.#open, ...body }),
      fetch: async ({ uid }) => get(`/portal/messages/${this.#open}/files/${uid}`, await this.authorise()),
    });
    this.connection = connect({ namespace: "/portal", auth: () => ({ token: token() }), onState: (state) => (this.#state(state), onState(state)), onRefused: (error) => this.#refused(error, failed), onDenied: (error) => error.code === "signed_out" && this.#out(failed) });
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
    this.earlier.addEventListener("click", () => void this.#showEarlier());
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

  /** The way in was taken back while the page stood open. @param {(error: unknown) => void} failed */
  #out(failed) {
    this.close();
    failed(new Refused({ error: "signed_out" }, 401));
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
    this.#first = 0;
    this.earlier.hidden = true;
    fill(this.page, { loading: true });
    this.#stream = new Stream({
      page: (after) => (after ? this.connection.request("catch_up", { conversation: id, after }) : this.#last(id)),
      apply: (/** @type {Line} */ line) => this.#said(line),
      number: (/** @type {Line} */ line) => line.changed,
    });
    this.#unfollow = this.connection.follow(this.#stream);
    for (const item of /** @type {Sent[]} */ (this.outbox.items)) if (item.body.conversation === id) this.#fate(item, "waiting");
    this.#standing();
    this.view("talk");
    this.#read();
  }

  /** What was said last; earlier messages come when they are asked for. @param {string} id */
  async #last(id) {
    const { items, more, minutes, files } = await this.connection.request("said", { conversation: id });
    if (id !== this.#open) return { items: [], more: false };
    this.log.dataset.minutes = String(minutes);
    beside(this.page, `/portal/messages/${id}`, files, this.authorise);
    this.#first = more ? items[0].seq : 0;
    this.earlier.hidden = !more;
    fill(this.page, { loading: false });
    return { items: items.sort((/** @type {Line} */ a, /** @type {Line} */ b) => a.changed - b.changed), more: false };
  }

  /** What is read at this moment stays where it is. */
  async #showEarlier() {
    const id = this.#open;
    this.earlier.disabled = true;
    const page = await this.connection.request("said", { conversation: id, before: this.#first }).catch(() => undefined);
    this.earlier.disabled = false;
    if (!page || id !== this.#open) return;
    const end = this.log.scrollHeight - this.log.scrollTop;
    const top = /** @type {HTMLElement | null} */ (this.log.querySelector("[data-seq]"));
    for (const line of page.items) this.said.place(this.#drawn(line));
    this.log.scrollTop = this.log.scrollHeight - end;
    this.#first = page.more ? page.items[0].seq : 0;
    this.earlier.hidden = !page.more;
    if (this.earlier.hidden) top?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Line} line */
  #drawn(line) {
    const item = clone(TEMPLATES[line.author], { name: line.name || null, at: { text: time(line.at), datetime: line.at } });
    return line.author === "system" ? withText(item, line) : this.said.draw(item, line, line.author === "patient");
  }

  /** @param {Line} line */
  #said(line) {
    this.#settle(line.client_id);
    if (line.seq < this.#first) return; // drawn as it is then when somebody asks for it
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    const there = this.said.place(this.#drawn(line), this.#unsent.values().next().value ?? null);
    if (atEnd && !there) this.#toEnd();
    if (line.author !== "patient") this.#read();
    this.#standing();
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

/** @param {HTMLElement} item @param {Line} line */
function withText(item, line) {
  item.dataset.seq = String(line.seq);
  return fill(item, { text: line.text });
}
