/**
 * The live connection to the server: comes back by itself, catches up, sends what waits, and says honestly how it stands.
 * The Socket.IO client is fetched only when a page first connects.
 */
import { Refused, Unreachable } from "./ask.js";

/**
 * @typedef {"connecting" | "online" | "offline" | "refused"} State online means connected and caught up
 * @typedef {{ catchUp(): Promise<void> }} Follower a Stream
 * @typedef {{ flush(): Promise<void> }} Sender an Outbox
 *
 * @typedef {object} Options
 * @property {string} [namespace]
 * @property {() => object | Promise<object>} [auth] asked anew for each attempt
 * @property {(state: State) => void} [onState]
 * @property {(error: Error) => void | Promise<void>} [onRefused] the moment to renew a session, before the next attempt
 * @property {(error: Refused) => void} [onDenied] an event was answered with no, whoever asked for it
 * @property {number} [patience] milliseconds to wait for an answer
 * @property {string} [server] origin, when it is not the page's own
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const CLIENT = new URL("../vendor/socket.io.esm.min.js", import.meta.url).href;

/** @param {number} attempt @returns {number} milliseconds; spread, so that a restarted server is not stormed */
export function waitBefore(attempt) {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** @param {unknown} error whether the connection is to blame, not what was asked */
function isUnanswered(error) {
  return !(error instanceof Refused);
}

/** @param {Options} options */
export function connect(options) {
  return new Connection(options);
}

export class Connection {
  /** @type {any} */
  #socket;
  /** @type {Set<Follower>} */
  #followers = new Set();
  /** @type {Set<Sender>} */
  #senders = new Set();
  /** @type {[string, (...heard: any[]) => void][]} */
  #listeners = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempt = 0;
  #loads = 0;
  #closed = false;
  #leaving = new AbortController();

  /** @param {Options} options */
  constructor(options) {
    this.options = { namespace: "/", patience: 8_000, server: "", ...options };
    /** @type {State} */
    this.state = "connecting";
    this.#watchWaking();
    void this.#start();
  }

  /** @param {string} event @param {(...heard: any[]) => void} listener */
  on(event, listener) {
    this.#listeners.push([event, listener]);
    this.#socket?.on(event, listener);
    return this;
  }

  /** Keeps a stream complete: it catches up after every connect. @param {Follower} stream */
  follow(stream) {
    this.#followers.add(stream);
    if (this.#socket?.connected) this.#orStartAgain(stream.catchUp());
    return () => this.#followers.delete(stream);
  }

  /** Lets an outbox send what waits after every connect. @param {Sender} outbox */
  carry(outbox) {
    this.#senders.add(outbox);
    if (this.state === "online") void outbox.flush();
    return () => this.#senders.delete(outbox);
  }

  /**
   * @param {string} event
   * @param {object} [body]
   * @returns {Promise<any>} the acknowledgement; rejects with Refused or Unreachable
   */
  async request(event, body = {}) {
    if (!this.#socket?.connected) throw new Unreachable("offline");
    const answer = await this.#emit(event, body);
    if (!answer?.error) return answer;
    const refused = new Refused(answer);
    this.options.onDenied?.(refused);
    throw refused;
  }

  /** The person does not want to wait for the next attempt. */
  tryNow() {
    this.#wake();
  }

  close() {
    this.#closed = true;
    this.#say("offline");
    clearTimeout(this.#timer);
    this.#leaving.abort();
    this.#socket?.disconnect();
  }

  async #start() {
    try {
      // A failed import stays failed under its address, so each further attempt has its own.
      // eslint-disable-next-line no-unsanitized/method -- an address of our own
      const { io } = await import(this.#loads++ ? `${CLIENT}?${this.#loads}` : CLIENT);
      if (!this.#closed) this.#open(io);
    } catch {
      this.#lost();
    }
  }

  /** @param {any} io */
  #open(io) {
    const { namespace, server } = this.options;
    this.#socket = io(server + namespace, {
      autoConnect: false,
      forceNew: true,
      reconnection: false,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      query: { k: document.documentElement.dataset.k ?? "" }, // by which a proxy keeps one organisation's pages together
      auth: (/** @type {(data: object) => void} */ give) => void this.#authenticate(give),
    });
    this.#socket.on("connect", () => void this.#connected());
    this.#socket.on("disconnect", () => this.#lost());
    this.#socket.on("connect_error", (/** @type {Error} */ error) => void this.#failed(error));
    for (const [event, listener] of this.#listeners) this.#socket.on(event, listener);
    this.#socket.connect();
  }

  /** @param {(data: object) => void} give */
  async #authenticate(give) {
    try {
      give((await this.options.auth?.()) ?? {});
    } catch {
      this.#startAgain();
    }
  }

  async #connected() {
    const rounds = await Promise.allSettled([...this.#followers].map((stream) => stream.catchUp()));
    if (rounds.some((round) => round.status === "rejected" && isUnanswered(round.reason))) this.#startAgain();
    else if (this.#socket.connected) this.#ready();
  }

  #ready() {
    this.#attempt = 0;
    this.#say("online");
    for (const outbox of this.#senders) void outbox.flush();
  }

  /** @param {Error} error */
  async #failed(error) {
    // With data it was the server's own word; without, it was never reached.
    if (!("data" in error)) {
      this.#lost();
      return;
    }
    this.#say("refused");
    await Promise.resolve(this.options.onRefused?.(error)).catch(() => {});
    this.#retry();
  }

  #lost() {
    if (this.#closed) return;
    this.#say("offline");
    this.#retry();
  }

  #retry() {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.#again(), waitBefore(this.#attempt++));
  }

  #again() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.state !== "refused") this.#say("connecting");
    if (this.#socket) this.#socket.connect();
    else void this.#start();
  }

  /** A connection that no longer answers may look open for a long time. */
  #startAgain() {
    const told = this.#socket?.connected;
    this.#socket?.disconnect();
    if (!told) this.#lost();
  }

  /** @param {Promise<void>} work */
  #orStartAgain(work) {
    work.catch((error) => isUnanswered(error) && this.#startAgain());
  }

  /** @param {string} event @param {object} body */
  async #emit(event, body) {
    try {
      return await this.#socket.timeout(this.options.patience).emitWithAck(event, body);
    } catch (error) {
      if (this.#socket.connected) this.#startAgain();
      throw new Unreachable(String(error));
    }
  }

  /** A phone that was locked, a laptop that slept, a network that changed: look at once, not after the wait. */
  #watchWaking() {
    const { signal } = this.#leaving;
    const wake = () => document.visibilityState === "visible" && this.#wake();
    addEventListener("online", wake, { signal });
    addEventListener("pageshow", wake, { signal });
    document.addEventListener("visibilitychange", wake, { signal });
  }

  #wake() {
    if (this.#timer) this.#now();
    else if (this.#socket?.connected) for (const stream of this.#followers) this.#orStartAgain(stream.catchUp());
  }

  #now() {
    this.#attempt = 0;
    this.#again();
  }

  /** @param {State} state */
  #say(state) {
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }
}
