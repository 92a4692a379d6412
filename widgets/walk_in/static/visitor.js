/**
 * The visitor's session: begun when something is first sent, renewed when it has ended, led back to by a ticket. What it
 * holds survives a reload where the tab may remember.
 */
import { ask, Refused } from "/static/js/ask.js";

/**
 * @typedef {object} Memory what a tab remembers of a visit
 * @property {string} [token]
 * @property {string} [ticket]
 * @property {string} [client_id] of the entry that was sent and perhaps not answered
 * @property {boolean} [entered] the consultation, after the turn had come
 * @property {boolean} [unseen] without a camera
 * @property {boolean} [quiet]
 * @property {boolean} [moved] from another device, which is told so when this page has connected
 */

export class Visitor {
  /**
   * @param {object} options
   * @param {string} options.address that gives sessions
   * @param {string} options.key under which the store keeps it
   * @param {import("/static/js/store.js").Store} options.store
   */
  constructor({ address, key, store }) {
    this.address = address;
    this.key = key;
    this.outboxKey = `${key}:outbox`; // what was not sent belongs to the visit too
    this.store = store;
    /** @type {Memory} */
    this.memory = store.get(key) ?? {};
  }

  /** @param {Memory} news */
  remember(news) {
    this.memory = { ...this.memory, ...news };
    this.store.set(this.key, this.memory);
  }

  forget() {
    this.memory = {};
    this.store.remove(this.key);
    this.store.remove(this.outboxKey);
  }

  /** @returns {Promise<string>} */
  async token() {
    return this.memory.token ?? (await this.renew()).token;
  }

  /** A ticket leads back to its holder; a session that still lives is prolonged. @returns {Promise<any>} the answer */
  async renew() {
    const answer = await this.look();
    if (!answer.token) throw new Refused({ error: "session_expired" }, 401); // the clinic asks who it is first
    return answer;
  }

  /** What is there, and a session where nothing is asked before. @param {object} [known] what was asked */
  async look(known = {}) {
    const { ticket, token } = this.memory;
    const body = { locale: document.documentElement.lang, ...(ticket ? { ticket } : {}), ...known };
    const answer = await ask(this.address, { body, token });
    this.remember({ token: answer.token || undefined });
    return answer;
  }

  /** As `ask`, with a session that lives. @param {string} url @param {Parameters<typeof ask>[1]} [options] */
  async ask(url, options) {
    try {
      return await ask(url, { ...options, token: await this.token() });
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
      await this.renew();
      return ask(url, { ...options, token: this.memory.token });
    }
  }
}

/**
 * A ticket that the address carries behind the #, and whether the visit moves here with it. It is taken out of the
 * address, except where nothing else would remember it.
 * @returns {{ ticket: string, moved: boolean } | undefined}
 */
export function ticketFromAddress() {
  const [, mark, ticket] = /^#(ticket=|moved=)?([\w-]{20,})$/.exec(location.hash) ?? [];
  if (ticket && remembers()) history.replaceState(null, "", location.pathname + location.search);
  return ticket ? { ticket, moved: mark === "moved=" } : undefined;
}

/** Whether this page may keep anything over a reload. */
export function remembers() {
  try {
    sessionStorage.setItem("konsulto-try", "1");
    sessionStorage.removeItem("konsulto-try");
    return true;
  } catch {
    return false;
  }
}
