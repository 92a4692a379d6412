/** The safe page: exchanges the link for its one conversation, asks for a code first where the link is old, and goes on talking. */
import { ask, Refused } from "/static/js/ask.js";
import { connect } from "/static/js/connect.js";
import { sendsInPlace } from "/static/js/form.js";
import { store } from "/static/js/store.js";
import { fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { Conversation } from "/static/widgets-chat/conversation.js";

const LINK = "konsulto:continue";
const DEVICE = "konsulto:device";

/**
 * @typedef {{ token: string, conversation: string, device: string, name: string, brand: string, phone: string,
 *   emergency_number: string, privacy_url: string, zone: string }} Entered
 */

/** What this browser keeps beyond the tab: that it was let in. */
const device = {
  get: () => {
    try {
      return localStorage.getItem(DEVICE) ?? "";
    } catch {
      return "";
    }
  },
  /** @param {string} word */
  set: (word) => {
    try {
      localStorage.setItem(DEVICE, word);
    } catch {
      // A browser that keeps nothing is asked for a code the next time.
    }
  },
};

class Continue extends HTMLElement {
  #store = store();
  #link = this.#takeLink();
  /** @type {Conversation | undefined} */
  #conversation;
  /** @type {string} */
  #token = "";
  input = /** @type {HTMLTextAreaElement} */ (this.querySelector("#say"));
  codeForm = /** @type {HTMLFormElement} */ (this.querySelector("#code-form"));

  connectedCallback() {
    this.addEventListener("click", (event) => this.#click(event));
    sendsInPlace(this.codeForm, { send: (values) => this.#ask({ code: String(values.get("code")).replace(/\s/g, "") }), done: (answer) => this.#talk(answer) });
    this.#part("composer").addEventListener("submit", (event) => this.#say(event));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => this.#conversation?.read());
    addEventListener("hashchange", () => location.hash.length > 1 && location.reload());
    void this.#enter();
    document.documentElement.dataset.ready = "";
  }

  /** The secret leaves the address line, and stays with the tab. */
  #takeLink() {
    const given = location.hash.slice(1);
    if (given) this.#store.set(LINK, given);
    history.replaceState(null, "", location.pathname + location.search);
    return given || (this.#store.get(LINK) ?? "");
  }

  /** @param {{ code?: string }} [more] @returns {Promise<Entered>} */
  #ask(more = {}) {
    return ask("/continue/enter", { body: { link: this.#link, device: device.get(), ...more } });
  }

  async #enter() {
    this.#show("loading", false);
    try {
      this.#talk(await this.#ask());
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof Refused && error.code === "code_needed") {
      const { to } = /** @type {{ to?: string }} */ (error.answer);
      fill(this.#view("ask"), { to: to ? { values: { address: to } } : null });
      this.#show("ask");
    } else if (error instanceof Refused && error.status === 404) {
      this.#show("gone");
    } else {
      if (error instanceof Refused) this.#part("why").textContent = error.message;
      this.#show("unreachable");
    }
  }

  async #sendCode() {
    try {
      await ask("/continue/code", { body: { link: this.#link } });
      this.#show("code");
      /** @type {HTMLElement} */ (this.querySelector("#code")).focus();
    } catch (error) {
      if (!(error instanceof Refused)) return this.#failed(error);
      const place = this.#part("ask-error");
      place.textContent = error.message;
      place.hidden = false;
      this.#show("ask");
    }
    return undefined;
  }

  /** @param {Entered} entered */
  #talk(entered) {
    device.set(entered.device);
    this.#token = entered.token;
    this.dataset.zone = entered.zone;
    draw(entered);
    this.#show("talk", false);
    const connection = this.#connect();
    this.#conversation = new Conversation({
      id: entered.conversation,
      connection,
      store: this.#store,
      log: /** @type {HTMLElement} */ (this.querySelector("[data-log]")),
      onState: (thread) => this.#stands(thread),
      onGone: () => this.#show("gone"),
      authorise: async () => ({ Authorization: `Bearer ${this.#token}` }),
      time: (moment) => clock().time(moment),
      isSeen: () => document.visibilityState === "visible",
      onUnread: () => {},
      onMessage: () => {},
      onAhead: () => {},
    });
  }

  #connect() {
    const connection = connect({
      namespace: "/chat",
      auth: () => ({ token: this.#token, locale: document.documentElement.lang }),
      onState: (state) => (this.#part("offline").hidden = state === "online" || state === "connecting"),
      onRefused: async () => void (this.#token = (await this.#ask()).token),
    });
    connection.on("message", (line) => this.#conversation?.stream.receive(line));
    connection.on("changed", (thread) => this.#conversation?.heard(thread));
    connection.on("reach", (reach) => this.#conversation?.log.reach(reach));
    connection.on("erased", () => this.#conversation?.log.clear());
    return connection;
  }

  /** @param {import("/static/widgets-chat/conversation.js").Thread} thread */
  #stands(thread) {
    const over = thread.state === "closed";
    const claimed = thread.by_title ? "claimed" : "named";
    const when = thread.state === "claimed" ? claimed : thread.state;
    fill(this.#view("talk"), { channel_name: thread.channel_name, who: { when, values: { name: thread.by, title: thread.by_title } } });
    this.#part("composer").hidden = over;
    this.#part("over").hidden = !over;
  }

  /** @param {Event} event */
  #click(event) {
    const act = /** @type {HTMLElement} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
    if (act === "send" || act === "again") void this.#sendCode();
    else if (act === "have") this.#show("code");
    else if (act === "retry") void this.#enter();
  }

  /** @param {Event} event */
  #say(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.#conversation?.say(text);
    this.input.value = "";
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    /** @type {HTMLFormElement} */ (this.#part("composer")).requestSubmit();
  }

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
    for (const view of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-view]"))) view.hidden = view.dataset.view !== name;
    if (focus) /** @type {HTMLElement | null} */ (this.#view(name).querySelector("h1"))?.focus();
  }
}

/** Whose page it is. @param {Entered} entered */
function draw({ name, brand, phone, emergency_number: emergency, privacy_url: privacy }) {
  document.documentElement.style.setProperty("--brand", brand);
  /** @type {HTMLElement} */ (document.getElementById("clinic")).textContent = name;
  const foot = /** @type {HTMLElement} */ (document.getElementById("foot"));
  const call = /** @type {HTMLAnchorElement} */ (foot.querySelector("[data-slot=emergency_call]"));
  fill(foot, {
    phone: Boolean(phone),
    phone_call: phone ? { href: `tel:${phone.replaceAll(" ", "")}` } : null,
    privacy: Boolean(privacy),
    privacy_link: privacy ? { href: privacy } : null,
  });
  /** @type {HTMLElement} */ (foot.querySelector("[data-slot=phone_call]")).textContent = phone;
  say(call, { number: emergency });
  call.href = `tel:${emergency}`;
  foot.hidden = false;
}

customElements.define("k-continue", Continue);
