/**
 * What a person sent and the server has not acknowledged: kept in order, sent again after a reconnect under the same
 * client id, so that it arrives once. Survives a reload where the tab may remember.
 */
import { Refused } from "./ask.js";
import { clientId } from "./client_id.js";

/**
 * @typedef {{ client_id: string, event: string, body: object }} Item
 * @typedef {"waiting" | "sent" | "failed"} Fate
 */

export class Outbox {
  /** @type {Item[]} */
  #items;
  #sending = false;

  /**
   * @param {object} options
   * @param {(item: Item) => Promise<any>} options.send rejects with Refused when the server said no; any other way it is sent again
   * @param {(item: Item, fate: Fate, answer?: any) => void} [options.onFate]
   * @param {import("./store.js").Store} [options.store]
   * @param {string} [options.key] under which the store keeps it
   */
  constructor({ send, onFate = () => {}, store, key = "outbox" }) {
    this.send = send;
    this.onFate = onFate;
    this.store = store;
    this.key = key;
    this.#items = store?.get(key) ?? [];
  }

  /** What still waits, oldest first. */
  get items() {
    return [...this.#items];
  }

  /**
   * @param {string} event
   * @param {object} body
   * @returns {Item}
   */
  add(event, body) {
    const item = { client_id: clientId(), event, body };
    this.#keep([...this.#items, item]);
    this.onFate(item, "waiting");
    void this.flush();
    return item;
  }

  /** Sends what waits, one after the other; stops at the first that gets no answer. */
  async flush() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#items.length && (await this.#deliver(this.#items[0])));
    this.#sending = false;
  }

  /** @param {Item} item @returns {Promise<boolean>} whether the server has answered for it */
  async #deliver(item) {
    const { fate, answer } = await this.#outcome(item);
    if (fate !== "waiting") this.#settle(item, fate, answer);
    return fate !== "waiting";
  }

  /** @param {Item} item @returns {Promise<{ fate: Fate, answer?: any }>} */
  async #outcome(item) {
    try {
      return { fate: "sent", answer: await this.send(item) };
    } catch (error) {
      return { fate: error instanceof Refused ? "failed" : "waiting", answer: error };
    }
  }

  /** @param {Item} item @param {Fate} fate @param {any} answer */
  #settle(item, fate, answer) {
    this.#keep(this.#items.filter((other) => other.client_id !== item.client_id));
    this.onFate(item, fate, answer);
  }

  /** @param {Item[]} items */
  #keep(items) {
    this.#items = items;
    if (items.length) this.store?.set(this.key, items);
    else this.store?.remove(this.key);
  }
}
