/** The chat widget: choose a channel, ask, and talk. Nothing is kept or written down before the first message. */
import { tell, unread } from "/embed/frame.js";
import { state } from "/embed/memory.js";
import { Refused, Unreachable } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { connect } from "/static/js/connect.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { Visitor, widgetKey } from "/static/js/visitor.js";
import { Channels } from "./channels.js";
import { ComingBack } from "./coming_back.js";

const AGAIN = 2_000; // milliseconds until something is fetched again
const FRESH = 3_600_000; // milliseconds after which a token is renewed at the next connect
const HERE = `chat:${widgetKey()}`;

class Chat extends HTMLElement {
  #store = store();
  #here = clock();
  #comingBack = new ComingBack(this.#store, HERE);
  /** @type {import("./conversation.js").Conversation | undefined} */
  #conversation;
  /** @type {{ channel: number, client_id: string, message_id: string } | undefined} */
  #beginning;
  #renewed = 0;
  #refusals = 0;
  #unread = 0;
  #over = false;
  /** Whether somebody has chosen something: what arrives later does not take it away. */
  #touched = false;
  /** Whether the page around has put the panel away. */
  #away = false;
  talk = this.#view("talk");
  beginForm = /** @type {HTMLFormElement} */ (this.querySelector("#begin"));
  input = /** @type {HTMLTextAreaElement} */ (this.querySelector("#say"));
  sure = /** @type {HTMLDialogElement} */ (this.#part("sure"));
  visitor = new Visitor(widgetKey(), "", () => this.#comingBack.bring());
  /** @type {import("./opinion.js").Opinion | undefined} */
  opinion;
  channels = new Channels(this, { zone: this.dataset.zone, ask: () => void this.#askChannels().catch(() => {}) });
  /** @type {import("./question.js").Question | undefined} */
  question;
  #found = this.#comingBack.find();
  connection = this.#connect();
  /** @type {import("/static/js/typing.js").Typing | undefined} */
  typing;
  /** The conversation that is being opened. */
  #opening = "";

  connectedCallback() {
    this.#listen();
    void this.#resume();
    document.documentElement.dataset.ready = "";
  }

  /** Goes on where another page of this person was. */
  async #resume() {
    const kept = await this.#found;
    if (kept) {
      this.visitor.know(kept.token);
      await this.#open(kept.id, false);
    } else if (this.#comingBack.mayHave) await this.#lookForOwn().catch(() => {});
    if (!this.#conversation && !this.#touched) this.#showChannels(false);
  }

  /** What this person has in the clinic's books: the website has kept a word, or said who it is. */
  async #lookForOwn() {
    const { conversations } = await this.visitor.ask("/conversations");
    const [newest] = conversations;
    const list = this.#part("own");
    list.hidden = !conversations.length;
    list.querySelector("ul")?.replaceChildren(...conversations.map((/** @type {any} */ one) => this.#ownRow(one)));
    if (newest && newest.state !== "closed") await this.#goOn(newest.conversation, false);
  }

  /** @param {any} one */
  #ownRow(one) {
    const row = clone("own-row", { channel: one.channel_name, at: this.#here.moment(one.last_at), state: { when: one.state }, unread: one.unread || null });
    row.querySelector("button")?.addEventListener("click", () => void this.#goOn(one.conversation));
    return row;
  }

  /** @param {string} id @param {boolean} [focus] */
  async #goOn(id, focus = true) {
    this.#keep(id, await this.visitor.token());
    await this.#open(id, focus);
  }

  #connect() {
    const connection = connect({
      namespace: "/chat",
      auth: async () => ({ token: await this.#token(), locale: document.documentElement.lang }),
      onState: (now) => this.#line(now),
      onRefused: async () => void (await this.#renew()),
    });
    connection.on("channel", (standing) => {
      this.#stand([standing]);
      this.#conversation?.moved();
    });
    connection.on("message", (line) => this.#conversation?.stream.receive(line));
    connection.on("changed", (thread) => this.#conversation?.heard(thread));
    connection.on("reach", (reach) => this.#conversation?.log.reach(reach));
    connection.on("erased", () => this.#conversation?.log.clear());
    connection.on("typing", (heard) => this.typing?.heard(heard));
    connection.follow({ catchUp: () => this.#askChannels() });
    return connection;
  }

  #listen() {
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("click", () => (this.#touched = true), { once: true });
    sendsInPlace(this.beginForm, { send: (values) => this.#begin(values), done: (answer) => this.#begun(answer) });
    this.#part("composer").addEventListener("submit", (event) => this.#say(event));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("focus", () => this.#toComposer());
    const sizes = new ResizeObserver(() => document.activeElement === this.input && this.#toComposer());
    for (const part of [this.talk, document.documentElement]) sizes.observe(part);
    this.input.addEventListener("input", () => this.#store.set(`${HERE}:draft`, this.input.value));
    document.addEventListener("visibilitychange", () => this.#conversation?.read());
    addEventListener("pageshow", () => this.#conversation?.read());
    document.addEventListener("konsulto:close", () => (this.#away = true));
    document.addEventListener("konsulto:open", () => this.#back());
  }

  /** @param {Event} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const channel = /** @type {HTMLElement | null} */ (button?.closest("[data-channel]"));
    if (button?.dataset.act === "question") void this.#leaveQuestion(Number(channel?.dataset.channel)).catch(() => {});
    else if (channel && button && !button.disabled) this.#choose(Number(channel.dataset.channel));
    else if (button?.dataset.act) this.#act(button.dataset.act);
  }

  /** @param {string} act */
  #act(act) {
    /** @type {Record<string, () => void>} */
    const acts = {
      channels: () => this.#showChannels(),
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
    this.#stand(channels);
  }

  /** @param {import("./channels.js").Standing[]} standings */
  #stand(standings) {
    for (const standing of standings) this.channels.stand(standing);
    this.#tellState();
  }

  /** Where there is one channel there is nothing to choose. @param {boolean} [focus] */
  #showChannels(focus = true) {
    const only = this.#part("own").hidden ? this.channels.only : undefined;
    this.#part("to-channels").hidden = only !== undefined;
    if (only !== undefined) this.#choose(only, focus);
    else this.#show("channels", focus);
  }

  /** @param {import("/static/js/connect.js").State} now */
  #line(now) {
    this.#part("offline").hidden = now === "online" || now === "connecting";
    this.#tellState();
  }

  /** How the widget stands, in a name for the page around and in words for its button. */
  #tellState() {
    const lost = ["offline", "refused"].includes(this.connection?.state);
    const now = lost ? "offline" : { congested: "busy" }[/** @type {string} */ (this.channels.state)] ?? this.channels.state;
    const words = clone("states", { state: { when: now } }).querySelector(":not([hidden])")?.textContent ?? "";
    if (now !== this.#told) state(now, now === "open" ? "" : words);
    this.#told = now;
  }

  #told = "";

  /** @param {number} channel @param {boolean} [focus] */
  #choose(channel, focus = true) {
    this.#beginning = { channel, client_id: clientId(), message_id: clientId() };
    const { name, notice } = this.channels.wordsOf(channel);
    fill(this.#show("begin", focus), { channel: name, busy: this.channels.isBusy(channel), notice });
    void this.#pieces();
  }

  /** Fetched when somebody wants to. @param {number} channel */
  async #leaveQuestion(channel) {
    const { Question } = await import("./question.js");
    this.question ??= new Question(this, { visitor: this.visitor, show: (view) => this.#show(view) });
    this.question.begin(channel, this.channels.wordsOf(channel).name);
  }

  // — the first message

  /** @param {FormData} values */
  async #begin(values) {
    const { answersOf } = await import("/static/js/answers.js");
    const { patient, answers, accept_terms } = answersOf(values);
    const body = { ...this.#beginning, name: String(values.get("name") ?? ""), text: String(values.get("text")), patient, answers, accept_terms };
    return this.visitor.ask("/conversations", { body });
  }

  /** @param {{ conversation: string }} answer */
  async #begun({ conversation }) {
    this.#keep(conversation, await this.visitor.token());
    this.beginForm.reset();
    tell("started");
    void this.#open(conversation);
    this.input.focus();
  }

  /** @param {string} id @param {string} token */
  #keep(id, token) {
    this.#comingBack.keep(id, token);
    void this.#comingBack.hand(this.visitor.place, token);
  }

  // — the conversation

  /** What a conversation takes: fetched as soon as one is likely, and again where the connection was lost. */
  async #pieces() {
    for (;;) {
      try {
        return await Promise.all([import("./conversation.js"), import("/static/js/typing.js")]);
      } catch {
        await new Promise((done) => setTimeout(done, AGAIN));
      }
    }
  }

  /** @param {string} id @param {boolean} [focus] */
  async #open(id, focus = true) {
    this.#opening = id;
    this.#show("talk", focus);
    this.#toComposer();
    this.#over = false;
    this.opinion?.clear();
    this.#conversation?.leave();
    this.input.value = this.#store.get(`${HERE}:draft`) ?? "";
    const [{ Conversation }, { Typing }] = await this.#pieces();
    if (this.#opening !== id) return;
    this.typing ??= new Typing({ input: this.input, place: this.querySelector("[data-typing]"), tell: (on) => this.#conversation?.types(on) });
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
      onUnread: (count) => this.#count(count),
      onMessage: () => tell("message", { unread: this.#unread + 1 }),
      onAhead: (ahead) => this.#ahead(ahead),
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
    if (over) void this.#askOpinion(thread).catch(() => {});
    else this.#part("opinion").hidden = true;
    if (over && !this.#over) tell("ended");
    this.#over = over;
    this.#channel = thread.channel;
    void this.visitor.token().then((token) => this.#comingBack.hand(this.visitor.place, token)).catch(() => {});
  }

  /** @type {number | null} */
  #channel = null;

  /** @param {number | null} ahead who wait longer */
  #ahead(ahead) {
    const place = ahead === null ? null : { when: ahead ? this.#here.plural(ahead) : "next", values: { count: this.#here.number(ahead) } };
    const minutes = ahead !== null && this.#channel ? this.channels.minutes(this.#channel) : null;
    fill(this.talk, { place, expected: minutes ? { values: { minutes: this.#here.length(minutes) } } : null });
  }

  /** @param {number} count */
  #count(count) {
    if (count !== this.#unread) tell("unread", { unread: count });
    this.#unread = count;
    const words = { when: count ? this.#here.plural(count) : "none", values: { count: this.#here.number(count) } };
    const said = clone("unread-words", { words }).querySelector(":not([hidden])")?.textContent ?? "";
    unread(count, count ? said : "");
  }

  /** Fetched when a conversation is over. @param {import("./conversation.js").Thread} thread */
  async #askOpinion(thread) {
    const { Opinion } = await import("./opinion.js");
    this.opinion ??= new Opinion(/** @type {HTMLFormElement} */ (this.#part("opinion")), (said) => this.#rate(said));
    this.opinion.stand(thread);
  }

  /** @param {{ rating: string, words: string }} said */
  #rate(said) {
    return this.#conversation ? this.#conversation.rate(said) : Promise.reject(new Unreachable("none"));
  }

  /** @param {Event} event */
  #say(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.#conversation?.say(text);
    this.typing?.stops();
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

  /** Where there is too little room for all, what was said last and the composer below it are what is shown. */
  #toComposer() {
    const around = /** @type {HTMLElement} */ (this.closest(".k-widget"));
    const composer = this.#part("composer");
    const above = [...this.talk.children].slice(0, [...this.talk.children].indexOf(composer)).map((part) => part.getBoundingClientRect().bottom);
    around.scrollTop += Math.max(...above) + composer.offsetHeight - around.getBoundingClientRect().bottom;
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
    this.#opening = "";
    this.#forget();
    this.#count(0);
    this.#part("own").hidden = true;
    this.#showChannels();
  }

  #forget() {
    this.#comingBack.forget();
    this.#store.remove(`${HERE}:draft`);
  }

  // — the session

  async #token() {
    await this.#found;
    const token = await this.visitor.token().catch((error) => this.#turnedAway(error));
    return this.#conversation && Date.now() - this.#renewed > FRESH ? this.#renew(token) : token;
  }

  /** What the website has signed is not taken: asked for again once, then said. @param {unknown} error @returns {never} */
  #turnedAway(error) {
    if (error instanceof Refused && error.code.startsWith("identity_") && (this.#refusals++ || error.code === "identity_needed")) {
      fill(this.#show("unsigned"), { why: error.message });
      tell("error", { reason: error.code.replace("_", "-") });
      this.connection.close();
    }
    throw error;
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
