/** What the patient and the clinic write to each other: kept in order, and what is not sent yet looks so. */
import { Outbox } from "/static/js/outbox.js";
import { Said, get } from "/static/js/said.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { Typing } from "/static/js/typing.js";
import { part } from "./views.js";

/** @typedef {import("/static/js/said.js").Line} Line */

const time = clock();

export class Messages {
  /** @type {Map<string, HTMLElement>} by client id */
  #bubbles = new Map();
  /** @type {Map<string, number>} those of the patient: client id → number */
  #mine = new Map();
  #reach = { has: 0, read: 0 };
  #talk = "";

  /**
   * @param {object} options
   * @param {import("/static/js/connect.js").Connection} options.connection
   * @param {(answer: any) => void} options.onState how things stand, told with every gap
   * @param {(line: Line) => void} options.onNews what the clinic has just written
   * @param {import("/static/js/store.js").Store} options.store
   * @param {string} options.key
   * @param {() => Promise<Record<string, string>>} options.authorise headers that show who asks
   */
  constructor({ connection, onState, onNews, store, key, authorise }) {
    this.connection = connection;
    this.onNews = onNews;
    this.log = part("#log");
    this.log.replaceChildren();
    this.authorise = authorise;
    const act = (/** @type {string} */ event, /** @type {object} */ body) => connection.request(event, body);
    const fetch = async (/** @type {{ uid: string }} */ { uid }) => get(`/talk/${this.#talk}/files/${uid}`, await authorise());
    this.said = new Said(this.log, { act, fetch });
    const tell = (/** @type {boolean} */ on) => void connection.request("typing", { on }).catch(() => {});
    this.typing = new Typing({ input: part("#composer-text"), place: document.querySelector("[data-typing]"), tell });
    /** @type {Stream<Line>} */
    this.stream = new Stream({
      page: (after) => this.#page(after, onState),
      apply: (line) => this.#draw(line),
      number: (line) => line.changed,
    });
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
    connection.on("reach", (reach) => this.reach(reach));
    connection.on("typing", (heard) => this.typing.heard(heard));
    connection.on("erased", () => this.log.replaceChildren());
    this.#listen();
  }

  /** How things stand. @param {any} state */
  stands({ talk, has_to: has, read_to: read, takes_files: files, edit_minutes: minutes, may_write: open }) {
    this.log.dataset.minutes = String(minutes);
    this.reach({ has, read });
    this.#talk = talk;
    void this.#beside(files && open);
  }

  /** @param {boolean} files */
  async #beside(files) {
    // Without a connection it is fetched when the next state is told.
    const taking = await import("/static/js/taking.js").catch(() => undefined);
    taking?.beside(part("#log").parentElement, `/talk/${this.#talk}`, files, this.authorise);
  }

  /** How far the clinic has received and read what was written. @param {{ has: number, read: number }} reach */
  reach({ has, read }) {
    this.#reach = { has: Math.max(this.#reach.has, has), read: Math.max(this.#reach.read, read) };
    for (const [id, number] of this.#mine) this.#markReach(id, number);
  }

  /** @param {string} id @param {number} number */
  #markReach(id, number) {
    if (number <= this.#reach.read) this.#mark(id, "read");
    else if (number <= this.#reach.has) this.#mark(id, "received");
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
      this.typing.stops();
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
    const waiting = this.#bubbles.get(line.client_id);
    if (waiting && !waiting.dataset.seq) waiting.remove();
    const element = line.author === "system" ? clone("system-line") : this.#bubble({ ...line, mine });
    this.#bubbles.set(line.client_id, element);
    const there = this.said.place(this.said.draw(element, line, mine), this.log.querySelector(".k-msg--pending"));
    part(".kw-none").hidden = true;
    if (!there) this.log.scrollTop = this.log.scrollHeight;
    if (mine) this.#count(line);
    else if (line.author === "staff" && line.changed === line.seq) this.onNews(line);
  }

  /** @param {Line} line */
  #count({ client_id, seq }) {
    this.#mine.set(client_id, seq);
    this.#markReach(client_id, seq);
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

  /** @param {string} id @param {"pending" | "failed" | "received" | "read"} state */
  #mark(id, state) {
    const bubble = this.#bubbles.get(id);
    if (bubble) fill(bubble, { fate: { when: state } });
  }
}
