/** What the patient and the clinic write to each other: kept in order, and what is not sent yet looks so. */
import { Outbox } from "/static/js/outbox.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part } from "./views.js";

/** @typedef {{ seq: number, client_id: string, author: string, name: string, text: string, at: string }} Line */

const time = clock();

export class Messages {
  /** @type {Map<string, HTMLElement>} by client id */
  #bubbles = new Map();
  /** @type {Map<string, number>} those of the patient: client id → number */
  #mine = new Map();
  #readTo = 0;

  /**
   * @param {object} options
   * @param {import("/static/js/connect.js").Connection} options.connection
   * @param {(answer: any) => void} options.onState how things stand, told with every gap
   * @param {(line: Line) => void} options.onNews what the clinic has just written
   * @param {import("/static/js/store.js").Store} options.store
   * @param {string} options.key
   */
  constructor({ connection, onState, onNews, store, key }) {
    this.connection = connection;
    this.onNews = onNews;
    this.log = part("#log");
    this.log.replaceChildren();
    /** @type {Stream<Line>} */
    this.stream = new Stream({ page: (after) => this.#page(after, onState), apply: (line) => this.#draw(line) });
    this.outbox = new Outbox({
      send: ({ client_id, event, body }) => connection.request(event, { client_id, ...body }),
      onFate: (item, fate, answer) => this.#fate(item, fate, answer),
      store,
      key,
    });
    for (const item of this.outbox.items) this.#pend(item);
    connection.follow(this.stream);
    connection.carry(this.outbox);
    connection.on("message", (line) => this.stream.receive(line));
    connection.on("erased", () => this.log.replaceChildren());
    connection.on("read", ({ to }) => this.readTo(to));
    this.#listen();
  }

  /** The clinic has read everything up to this message. @param {number | null} seq */
  readTo(seq) {
    this.#readTo = Math.max(this.#readTo, seq ?? 0);
    for (const [id, number] of this.#mine) if (number <= this.#readTo) this.#mark(id, "read");
  }

  /** @param {number} after @param {(answer: any) => void} onState */
  async #page(after, onState) {
    const answer = await this.connection.request("catch_up", { after });
    onState(answer.state);
    return answer;
  }

  #listen() {
    const form = part("#composer");
    const input = part("#composer-text");
    form.onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (input.value.trim()) this.outbox.add("say", { text: input.value.trim() });
      input.value = "";
      input.focus();
    };
    input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      form.requestSubmit();
    };
  }

  /** @param {Line} line */
  #draw(line) {
    const mine = line.author === "patient";
    if (line.author === "system") this.#add(clone("system-line", { text: line.text }));
    else this.#put(line.client_id, this.#bubble({ ...line, mine }));
    if (mine) this.#count(line);
    else if (line.author === "staff") this.onNews(line);
  }

  /** @param {Line} line */
  #count({ client_id, seq }) {
    this.#mine.set(client_id, seq);
    if (seq <= this.#readTo) this.#mark(client_id, "read");
  }

  /** @param {{ text: string, name?: string, at?: string, mine: boolean }} line */
  #bubble({ text, name, at, mine }) {
    const classes = mine ? "k-msg k-msg--mine" : "k-msg";
    const meta = { name: mine ? null : name, dot: !mine, at: at ? time.time(at) : null };
    return clone("message", { message: { class: classes }, text, ...meta });
  }

  /** @param {string} id @param {HTMLElement} bubble takes the place of an earlier one */
  #put(id, bubble) {
    this.#bubbles.get(id)?.remove();
    this.#bubbles.set(id, bubble);
    this.#add(bubble);
  }

  /** What still waits stays below what was said. @param {HTMLElement} element */
  #add(element) {
    const waiting = this.log.querySelector(".k-msg--pending");
    if (element.matches(".k-msg--pending") || !waiting) this.log.append(element);
    else waiting.before(element);
    part(".kw-none").hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** @param {any} item */
  #pend(item) {
    const bubble = this.#bubble({ text: item.body.text, mine: true });
    bubble.classList.add("k-msg--pending");
    this.#put(item.client_id, bubble);
    this.#mark(item.client_id, "pending");
  }

  /** @param {any} item @param {string} fate @param {any} answer */
  #fate(item, fate, answer) {
    if (fate === "waiting") this.#pend(item);
    else if (fate === "failed") this.#fail(item.client_id, answer.message);
  }

  /** @param {string} id @param {string} reason in the server's words */
  #fail(id, reason) {
    const bubble = this.#bubbles.get(id);
    if (!bubble) return;
    bubble.classList.replace("k-msg--pending", "k-msg--failed");
    this.#mark(id, "failed");
    fill(bubble, { reason });
  }

  /** @param {string} id @param {"pending" | "failed" | "read"} state */
  #mark(id, state) {
    const bubble = this.#bubbles.get(id);
    if (bubble) fill(bubble, { fate: { when: state } });
  }
}
