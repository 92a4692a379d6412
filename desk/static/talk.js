/**
 * A conversation's pane: what was said in order, what I write, honest about what has not been sent. Answers wait in one
 * outbox of this tab and go out under the same client id after a reconnect; a draft stays with its conversation.
 */
import { Refused } from "/static/js/ask.js";
import { Outbox } from "/static/js/outbox.js";
import { Said, get } from "/static/js/said.js";
import { store } from "/static/js/store.js";
import { Stream } from "/static/js/stream.js";
import { beside } from "/static/js/taking.js";
import { clone, fill } from "/static/js/template.js";
import { Typing } from "/static/js/typing.js";
import { live, me, times } from "./desk.js";
import { formerWords, offerFormer } from "./former.js";
import { Texts } from "./texts.js";

/**
 * @typedef {import("/static/js/said.js").Line & { author: "patient" | "staff" | "system", by: number | null, internal: boolean }} Message
 * @typedef {{ client_id: string, event: string, body: { id: number, text: string } }} Answer
 */

const kept = store();
/** @type {Map<number, Talk>} */
const open = new Map();

const outbox = new Outbox({
  send: (item) => live.request(item.event, { ...item.body, client_id: item.client_id }),
  onFate: (item, fate, answer) => open.get(/** @type {Answer} */ (item).body.id)?.fate(/** @type {Answer} */ (item), fate, answer),
  store: kept,
  key: `desk-outbox-${me}`,
});
live.carry(outbox);
live.on("message", ({ id, message }) => open.get(id)?.stream.receive(message));
live.on("reach", ({ id, has, read }) => open.get(id)?.reach({ has, read }));
live.on("typing", ({ id, ...heard }) => heard.author === "patient" && open.get(id)?.typing.heard(heard));
live.on("talk_closed", ({ id }) => open.get(id)?.close());
live.on("talk_erased", ({ id }) => open.get(id)?.empty());
live.on("talk_gone", ({ id }) => void open.get(id)?.stream.catchUp());
addEventListener("visibilitychange", () => open.forEach((talk) => talk.read()));

export class Talk {
  /** @type {Map<string, HTMLElement>} */
  #unsent = new Map();
  #unread = false;
  /** @type {Map<number, HTMLElement>} what the patient may have read: number → its line */
  #mine = new Map();
  #reach = { has: 0, read: 0 };
  leaving = new AbortController();

  /** @param {HTMLElement} root holds the pane of _talk.html @param {number} id @param {{ onRefused?: (words: string) => void }} [options] */
  constructor(root, id, { onRefused = () => {} } = {}) {
    this.root = root;
    this.id = id;
    this.onRefused = onRefused;
    this.log = /** @type {HTMLElement} */ (root.querySelector("[data-log]"));
    this.form = /** @type {HTMLFormElement} */ (root.querySelector("[data-composer]"));
    this.input = /** @type {HTMLTextAreaElement} */ (this.form.querySelector("textarea"));
    this.noting = /** @type {HTMLInputElement | null} */ (this.form.querySelector("[data-noting]"));
    const { signal } = this.leaving;
    this.said = new Said(this.log, {
      act: (event, body) => live.request(event, { id, ...body }),
      fetch: ({ uid }) => get(`/desk/talk/${id}/files/${uid}`),
      zone: document.body.dataset.zone,
      any: "any" in this.log.dataset,
      signal,
    });
    const tell = (/** @type {boolean} */ on) => void (this.noting?.checked || live.request("typing", { id, on }).catch(() => {}));
    this.typing = new Typing({ input: this.input, place: root.querySelector("[data-typing]"), tell, signal });
    this.texts = new Texts({ id, form: this.form, input: this.input, signal });
    formerWords(this.log, id, signal);
    this.#reset();
    this.#listen();
    /** @type {Stream<Message>} */
    this.stream = new Stream({
      page: (after) => this.#page(after),
      apply: (message) => this.#show(message),
      number: (message) => message.changed,
    });
    open.set(id, this);
    for (const item of /** @type {Answer[]} */ (outbox.items)) if (item.body.id === id) this.#wait(item);
    this.unfollow = live.follow(this.stream);
  }

  /** Leave: hear no more of it. What was not sent is still sent, the draft is kept. */
  end() {
    this.leaving.abort();
    this.unfollow();
    open.delete(this.id);
    live.request("leave_talk", { id: this.id }).catch(() => {});
  }

  /** How far the patient has received and read what was written. @param {{ has: number, read: number }} reach */
  reach({ has, read }) {
    this.#reach = { has: Math.max(this.#reach.has, has), read: Math.max(this.#reach.read, read) };
    for (const [seq, line] of this.#mine) fill(line, { fate: { when: this.#fateOf(seq) } });
  }

  /** @param {number} seq */
  #fateOf(seq) {
    if (seq <= this.#reach.read) return "read";
    return seq <= this.#reach.has ? "received" : "sent";
  }

  /** The conversation is over: only notes can still be written. */
  close() {
    if (this.noting) this.noting.checked = this.noting.disabled = true;
    this.form.hidden = !this.noting;
    this.#note();
    this.#element("[data-talk-closed]").hidden = false;
  }

  /** What was said is not there any more; whether it goes on, the server says. */
  empty() {
    this.log.replaceChildren();
    this.stream.catchUp().catch(() => {});
  }

  /** What was said is not there any more, and nothing follows. */
  erase() {
    this.log.replaceChildren();
    this.#mine.clear();
    this.close();
    this.form.hidden = true;
    this.#element("[data-talk-closed]").hidden = true;
    this.#element("[data-talk-erased]").hidden = false;
  }

  read() {
    if (!this.#unread) return;
    const seen = document.visibilityState === "visible" && this.log.checkVisibility();
    if (seen) this.#unread = false;
    live.request(seen ? "read" : "received", { id: this.id, to: this.stream.seq }).catch(() => {});
  }

  /** @param {Answer} item @param {string} fate @param {any} answer */
  fate(item, fate, answer) {
    if (fate === "waiting") this.#wait(item);
    else if (fate === "failed") this.#fail(item, answer);
    else if (this.#unsent.has(item.client_id)) void this.stream.catchUp().catch(() => {});
  }

  #reset() {
    this.log.replaceChildren();
    this.form.hidden = false;
    if (this.noting) this.noting.checked = this.noting.disabled = false;
    this.#note();
    this.input.value = kept.get(this.#draft) ?? "";
    for (const end of ["[data-talk-closed]", "[data-talk-erased]"]) this.#element(end).hidden = true;
    this.#refuse("");
  }

  get #draft() {
    return `desk-draft-${me}-${this.id}`;
  }

  #listen() {
    const { signal } = this.leaving;
    this.form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.input.addEventListener("input", () => this.#keep(), { signal });
    this.noting?.addEventListener("change", () => this.#note(), { signal });
    this.root.querySelector("[data-erase]")?.addEventListener("click", () => this.#sure(true), { signal });
    this.root.querySelector("[data-erase-no]")?.addEventListener("click", () => this.#sure(false), { signal });
    this.root.querySelector("[data-erase-yes]")?.addEventListener("click", () => void this.#erase(), { signal });
    this.input.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** What is written now is for colleagues, or goes to the patient: the place to write in looks and says so. */
  #note() {
    const on = Boolean(this.noting?.checked);
    this.form.classList.toggle("k-composer--note", on);
    fill(this.form, { to: { when: on ? "note" : "patient" } });
  }

  /** @param {boolean} asked */
  #sure(asked) {
    fill(this.root, { erase_sure: asked });
    this.#element(asked ? "[data-erase-no]" : "[data-erase]").focus();
  }

  async #erase() {
    try {
      await live.request("erase_talk", { id: this.id });
      fill(this.root, { erase_sure: false });
    } catch (error) {
      this.#refuse(error instanceof Refused ? error.message : "");
    }
  }

  #keep() {
    if (this.input.value) kept.set(this.#draft, this.input.value);
    else kept.remove(this.#draft);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.#keep();
    this.typing.stops();
    outbox.add(this.noting?.checked ? "write_note" : "post", { id: this.id, text });
  }

  /** @param {number} after */
  async #page(after) {
    try {
      const page = await live.request("talk", { id: this.id, after });
      this.#refuse("");
      this.reach(page.reach);
      beside(this.root, `/desk/talk/${this.id}`, page.takes_files && !page.closed, async () => csrf());
      if (page.erased) this.erase();
      else if (page.closed) this.close();
      return page;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#turnAway(error.message);
      return { items: [], more: false };
    }
  }

  /** Not mine to see any more: nothing of it stays on the screen. @param {string} reason */
  #turnAway(reason) {
    this.log.replaceChildren();
    this.stream.seq = 0;
    this.form.hidden = true;
    this.#refuse(reason);
    this.onRefused(reason);
  }

  /** @param {string} reason */
  #refuse(reason) {
    const line = this.#element("[data-talk-refused]");
    line.hidden = !reason;
    line.textContent = reason;
  }

  /** @param {Message} message */
  #show(message) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    this.#settle(message.client_id);
    const line = clone(this.#template(message), {
      writer: message.name || null,
      dot: Boolean(message.name),
      at: { text: this.#time(message.at), datetime: message.at },
    });
    this.said.draw(line, message, message.author === "staff" && message.by === me);
    offerFormer(this.log, line, message);
    const there = this.said.place(line, this.#unsent.values().next().value ?? null);
    if (message.author === "staff" && !message.internal) {
      this.#mine.set(message.seq, line);
      fill(line, { fate: { when: this.#fateOf(message.seq) } });
    }
    if (message.author === "patient") this.#unread = true;
    this.read();
    if (atEnd && !there) this.#toEnd();
  }

  /** @param {Message} message */
  #template({ author, internal }) {
    if (internal) return "message-note";
    return { patient: "message", staff: "message-mine", system: "message-system" }[author];
  }

  /** @param {string} at */
  #time(at) {
    return times.isoDate(at) === times.isoDate(Date.now()) ? times.time(at) : times.moment(at);
  }

  /** @param {Answer} item */
  #wait(item) {
    if (this.#unsent.has(item.client_id)) return;
    const line = clone("message-unsent", { text: item.body.text });
    line.classList.toggle("k-note", item.event === "write_note");
    this.#put(item, line);
  }

  /** @param {Answer} item @param {Refused} why */
  #fail(item, why) {
    this.#settle(item.client_id);
    const line = clone("message-failed", { text: item.body.text, why: why.message });
    line.querySelector("[data-take-back]")?.addEventListener("click", () => this.#takeBack(item));
    this.#put(item, line);
  }

  /** @param {Answer} item */
  #takeBack(item) {
    this.#settle(item.client_id);
    this.input.value = [item.body.text, this.input.value].filter(Boolean).join("\n");
    this.#keep();
    this.input.focus();
  }

  /** @param {Answer} item @param {HTMLElement} line */
  #put(item, line) {
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

  /** @param {string} selector */
  #element(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }
}

/** @returns {Record<string, string>} */
function csrf() {
  return { "X-CSRFToken": document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "" };
}
