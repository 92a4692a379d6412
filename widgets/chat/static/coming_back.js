/**
 * How a conversation goes on after its page is gone: the tab's own memory, another tab that has it open, the page around that
 * kept a word, or a website that says who is signed in. Nothing is kept before the first message.
 */
import { around, identityAgain, keep } from "/embed/memory.js";
import { ask } from "/static/js/ask.js";

/** @typedef {{ id: string, token: string, who: string }} Kept `who` is the website's own id of the person, empty for anybody */

const ANSWERS_WITHIN = 150; // milliseconds in which another tab would have answered
const FRESH = 600_000; // milliseconds after which the word that the page around keeps is replaced

export class ComingBack {
  #identity = "";
  #resume = "";
  #asked = false;
  #told = -Infinity;
  #tabs = "BroadcastChannel" in window ? new BroadcastChannel(location.pathname) : undefined;

  /** @param {import("/static/js/store.js").Store} store @param {string} key */
  constructor(store, key) {
    this.store = store;
    this.key = key;
    /** @type {Kept | undefined} */
    this.kept = undefined;
    this.#tabs?.addEventListener("message", ({ data }) => this.#answer(data));
  }

  /** What another page of the same person had open; somebody else at the same screen does not get it. */
  async find() {
    const { identity, resume } = await around();
    this.#identity = identity;
    this.#resume = resume;
    const known = this.store.get(this.key) ?? (await this.#askTabs());
    if (known && (known.who ?? "") === this.who) this.kept = known;
    else this.store.remove(this.key);
    return this.kept;
  }

  /** The website's own id of whoever is signed in there. */
  get who() {
    return idOf(this.#identity);
  }

  /** Whether there may be a conversation that this page does not know of. */
  get mayHave() {
    return Boolean(this.#identity || this.#resume);
  }

  /** What a session begins with; an identity is good once, so a second session asks for another. */
  async bring() {
    const identity = this.#asked && this.#identity ? await identityAgain() : this.#identity;
    this.#asked = true;
    return { ...(identity && { identity }), ...(this.#resume && { resume: this.#resume }) };
  }

  /** @param {string} id @param {string} token */
  keep(id, token) {
    this.kept = { id, token, who: this.who };
    this.store.set(this.key, this.kept);
  }

  /** Lets the page around bring the conversation back on its next page. @param {string} place @param {string} token */
  async hand(place, token) {
    if (parent === window || performance.now() - this.#told < FRESH) return;
    this.#told = performance.now();
    const { resume } = await ask(`${place}/resume`, { body: {}, token }).catch(() => ({ resume: "" }));
    if (resume) keep(resume);
    else this.#told = -Infinity;
  }

  forget() {
    this.kept = undefined;
    this.store.remove(this.key);
    this.#resume = "";
    this.#told = -Infinity;
    keep("");
  }

  /** @returns {Promise<Kept | undefined>} */
  #askTabs() {
    const tabs = this.#tabs;
    if (!tabs) return Promise.resolve(undefined);
    return new Promise((done) => {
      const hear = (/** @type {MessageEvent} */ { data }) => data?.kept && done(data.kept);
      tabs.addEventListener("message", hear);
      setTimeout(() => {
        tabs.removeEventListener("message", hear);
        done(undefined);
      }, ANSWERS_WITHIN);
      tabs.postMessage({ asks: true, who: this.who });
    });
  }

  /** @param {any} data */
  #answer(data) {
    if (data?.asks && this.kept && this.kept.who === data.who) this.#tabs?.postMessage({ kept: this.kept });
  }
}

/** @param {string} identity as the website has signed it @returns {string} */
function idOf(identity) {
  try {
    const bytes = Uint8Array.from(atob(identity.split(".")[0].replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
    return String(JSON.parse(new TextDecoder().decode(bytes)).id ?? "");
  } catch {
    return "";
  }
}
