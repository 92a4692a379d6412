/** The chat widget: choose a channel, ask, and talk. Nothing is kept or written down before the first message. */
import { tell, unread } from "/embed/frame.js";
import { Unreachable } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { connect } from "/static/js/connect.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { fill } from "/static/js/template.js";
import { Typing } from "/static/js/typing.js";
import { clock } from "/static/js/time.js";
import { Visitor, widgetKey } from "/static/js/visitor.js";
import { Channels } from "./channels.js";
import { Conversation } from "./conversation.js";
import { Question } from "./question.js";

const FRESH = 3_600_000; // milliseconds after which a token is renewed at the next connect
const HERE = `chat:${widgetKey()}`;

/** @typedef {{ token: string, id: string }} Kept what a tab remembers of a conversation */

class Chat extends HTMLElement {
  #store = store();
  #here = clock();
  /** @type {Kept | undefined} */
  #kept = this.#store.get(HERE);
  /** @type {Conversation | undefined} */
  #conversation;
  /** @type {{ channel: number, client_id: string, message_id: string } | undefined} */
  #beginning;
  #renewed = 0;
  /** Whether the page around has put the panel away. */
  #away = false;
  talk = this.#view("talk");
  beginForm = /** @type {HTMLFormElement} */ (this.querySelector("#begin"));
  input = /** @type {HTMLTextAreaElement} */ (this.querySelector("#say"));
  sure = /** @type {HTMLDialogElement} */ (this.#part("sure"));
  visitor = new Visitor(widgetKey(), this.#kept?.token);
  channels = new Channels(this, { zone: this.dataset.zone, ask: () => void this.#askChannels().catch(() => {}) });
  question = new Question(this, { visitor: this.visitor, show: (view) => this.#show(view) });
  connection = this.#connect();
  typing = new Typing({ input: this.input, place: this.querySelector("[data-typing]"), tell: (on) => this.#conversation?.types(on) });

  connectedCallback() {
    this.#listen();
    if (this.#kept) this.#open(this.#kept.id, false);
    document.documentElement.dataset.ready = "";
  }

  #connect() {
    const connection = connect({
      namespace: "/chat",
      auth: async () => ({ token: await this.#token(), locale: document.documentElement.lang }),
      onState: (state) => (this.#part("offline").hidden = state === "online" || state === "connecting"),
      onRefused: async () => void (await this.#renew()),
    });
    connection.on("channel", (standing) => this.channels.stand(standing));
    connection.on("message", (line) => this.#conversation?.stream.receive(line));
    connection.on("changed", (thread) => this.#conversation?.heard(thread));
    connection.on("reach", (reach) => this.#conversation?.log.reach(reach));
    connection.on("erased", () => this.#conversation?.log.clear());
    connection.on("typing", (heard) => this.typing.heard(heard));
    connection.follow({ catchUp: () => this.#askChannels() });
    return connection;
  }

  #listen() {
    this.addEventListener("click", (event) => this.#click(event));
    sendsInPlace(this.beginForm, { send: (values) => this.#begin(values), done: (answer) => this.#begun(answer) });
    this.#part("composer").addEventListener("submit", (event) => this.#say(event));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#store.set(`${HERE}:draft`, this.input.value));
    document.addEventListener("visibilitychange", () => this.#conversation?.read());
    document.addEventListener("konsulto:close", () => (this.#away = true));
    document.addEventListener("konsulto:open", () => this.#back());
  }

  /** @param {Event} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const channel = /** @type {HTMLElement | null} */ (button?.closest("[data-channel]"));
    if (button?.dataset.act === "question") this.#leaveQuestion(Number(channel?.dataset.channel));
    else if (channel && button && !button.disabled) this.#choose(Number(channel.dataset.channel));
    else if (button?.dataset.act) this.#act(button.dataset.act);
  }

  /** @param {string} act */
  #act(act) {
    /** @type {Record<string, () => void>} */
    const acts = {
      channels: () => this.#show("channels"),
      anew: () => this.#anew(),
      end: () => this.sure.showModal(),
      stay: () => this.sure.close(),
      "end-now": () => void this.#end(),
    };
    acts[act]?.();
  }

  #back() {
    this.#away = false;
    this.#conversation?.read();
  }

  // — the channels

  async #askChannels() {
    const { channels } = await this.connection.request("channels");
    for (const standing of channels) this.channels.stand(standing);
  }

  /** @param {number} channel */
  #choose(channel) {
    this.#beginning = { channel, client_id: clientId(), message_id: clientId() };
    const { name, notice } = this.channels.wordsOf(channel);
    fill(this.#show("begin"), { channel: name, busy: this.channels.isBusy(channel), notice });
  }

  /** @param {number} channel */
  #leaveQuestion(channel) {
    this.question.begin(channel, this.channels.wordsOf(channel).name);
  }

  // — the first message

  /** @param {FormData} values */
  async #begin(values) {
    const body = { ...this.#beginning, name: String(values.get("name")), text: String(values.get("text")) };
    return this.visitor.ask("/conversations", { body });
  }

  /** @param {{ conversation: string }} answer */
  async #begun({ conversation }) {
    this.#keep(conversation, await this.visitor.token());
    this.beginForm.reset();
    tell("chat-started");
    this.#open(conversation);
    this.input.focus();
  }

  /** @param {string} id @param {string} token */
  #keep(id, token) {
    this.#store.set(HERE, { id, token });
  }

  // — the conversation

  /** @param {string} id @param {boolean} [focus] */
  #open(id, focus = true) {
    this.#show("talk", focus);
    this.input.value = this.#store.get(`${HERE}:draft`) ?? "";
    this.#conversation = new Conversation({
      id,
      connection: this.connection,
      store: this.#store,
      log: /** @type {HTMLElement} */ (this.talk.querySelector("[data-log]")),
      onState: (thread) => this.#stands(thread),
      onGone: () => this.#gone(),
      authorise: () => this.#authorise(),
      time: (moment) => this.#here.time(moment),
      isSeen: () => !this.#away && document.visibilityState === "visible",
      onUnread: unread,
    });
  }

  /** @param {import("./conversation.js").Thread} thread */
  #stands(thread) {
    const over = thread.state === "closed";
    const claimed = thread.by_title ? "claimed" : "named";
    const when = thread.state === "claimed" ? claimed : thread.state;
    fill(this.talk, { channel_name: thread.channel_name, who: { when, values: { name: thread.by, title: thread.by_title } } });
    this.#part("composer").hidden = over;
    this.#part("end").hidden = over;
    this.#part("over").hidden = !over;
    void this.#beside(thread.takes_files && !over);
  }

  /** @param {Event} event */
  #say(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.#conversation?.say(text);
    this.typing.stops();
    this.input.value = "";
    this.#store.remove(`${HERE}:draft`);
    this.input.focus();
  }

  /** On a keyboard of glass Enter is a new line, as everywhere there. @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    /** @type {HTMLFormElement} */ (this.#part("composer")).requestSubmit();
  }

  async #end() {
    this.sure.close();
    await this.#conversation?.end().catch(() => {});
  }

  async #authorise() {
    return { Authorization: `Bearer ${await this.#token()}` };
  }

  /** What is needed only when somebody wants it: files, and a copy to keep. @param {boolean} files whether some are taken now */
  async #beside(files) {
    // Without a connection it is fetched when the next state is told.
    const taking = await import("/static/js/taking.js").catch(() => undefined);
    taking?.beside(this.talk, `/talk/${this.#conversation?.id}`, files, () => this.#authorise());
  }

  #gone() {
    this.#show("gone");
  }

  #anew() {
    this.#conversation?.leave();
    this.#conversation = undefined;
    this.#forget();
    this.#show("channels");
  }

  #forget() {
    this.#store.remove(HERE);
    this.#store.remove(`${HERE}:draft`);
  }

  // — the session

  async #token() {
    const token = await this.visitor.token();
    return this.#conversation && Date.now() - this.#renewed > FRESH ? this.#renew(token) : token;
  }

  /** A conversation outlives a day as long as its page comes back in time. @param {string} [old] */
  async #renew(old) {
    const known = old ?? await this.visitor.token();
    try {
      const token = (await this.visitor.renew(known)) ?? known;
      this.#renewed = Date.now();
      if (this.#conversation) this.#keep(this.#conversation.id, token);
      return token;
    } catch (error) {
      if (error instanceof Unreachable) return known;
      throw error;
    }
  }

  // — what all of them need

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part="${name}"]`));
  }

  /** @param {string} name @returns {HTMLElement} */
  #view(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-view="${name}"]`));
  }

  /** @param {string} name @param {boolean} [focus] */
  #show(name, focus = true) {
    for (const view of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-view]")))
      view.hidden = view.dataset.view !== name;
    const shown = this.#view(name);
    if (focus) /** @type {HTMLElement | null} */ (shown.querySelector("h1"))?.focus();
    return shown;
  }
}

customElements.define("k-chat", Chat);
