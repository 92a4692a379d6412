/** One conversation: caught up after every connect, what is written kept until the server has it, its turns told in words. */
import { Refused } from "/static/js/ask.js";
import { Outbox } from "/static/js/outbox.js";
import { Said, get } from "/static/js/said.js";
import { Stream } from "/static/js/stream.js";
import { Log } from "./messages.js";

/**
 * @typedef {object} Thread how it stands
 * @property {string} conversation
 * @property {"new" | "claimed" | "closed"} state
 * @property {number | null} channel
 * @property {string} channel_name
 * @property {string} by
 * @property {string} by_title
 * @property {number} read_to
 * @property {number} has_to
 * @property {boolean} takes_files
 * @property {string | null} closed_at
 * @property {number} unread written by the clinic and not seen in any tab
 * @property {number | null} ahead who wait longer
 * @property {boolean} asks_feedback
 * @property {{ rating: string, words: string } | null} feedback
 */

const BEAT = 15_000; // milliseconds after which a line that seems to hold is tried

export class Conversation {
  /** @type {Thread | undefined} */
  #thread;
  #unread = 0;
  #leaving = new AbortController();
  #ends = /** @type {(() => void)[]} */ ([]);

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {import("/static/js/connect.js").Connection} options.connection
   * @param {import("/static/js/store.js").Store} options.store
   * @param {HTMLElement} options.log
   * @param {() => Promise<Record<string, string>>} options.authorise headers that show who asks
   * @param {(thread: Thread) => void} options.onState
   * @param {(moment: string) => string} options.time
   * @param {() => boolean} options.isSeen whether the patient has the conversation before the eyes
   * @param {(count: number) => void} options.onUnread
   * @param {() => void} options.onMessage the clinic has written
   * @param {(ahead: number | null) => void} options.onAhead
   * @param {() => void} options.onGone it is not there, or no longer this visitor's
   */
  constructor({ id, connection, store, log, authorise, onState, time, isSeen, onUnread, onMessage, onAhead, onGone }) {
    this.id = id;
    this.connection = connection;
    const act = (/** @type {string} */ event, /** @type {object} */ body) => connection.request(event, { conversation: id, ...body });
    const fetch = async (/** @type {{ uid: string }} */ { uid }) => get(`/talk/${id}/files/${uid}`, await authorise());
    this.log = new Log(log, new Said(log, { act, fetch, signal: this.#leaving.signal }));
    this.onState = onState;
    this.isSeen = isSeen;
    this.onUnread = onUnread;
    this.onGone = onGone;
    this.onMessage = onMessage;
    this.onAhead = onAhead;
    this.time = time;
    this.log.clear();
    this.stream = new Stream({
      page: (after) => connection.request("catch_up", { conversation: id, after }),
      number: (line) => line.changed,
      apply: (/** @type {import("./messages.js").Line} */ line) => this.#hear(line),
    });
    this.outbox = new Outbox({
      send: ({ client_id, event, body }) => connection.request(event, { client_id, conversation: id, ...body }),
      onFate: (item, fate, answer) => this.#fate(item, fate, answer),
      store,
      key: `chat:${id}:outbox`,
    });
    for (const item of this.outbox.items) this.#fate(item, "waiting");
    const beating = setInterval(() => void this.#beat(), BEAT);
    this.#ends = [connection.follow(this), connection.carry(this.outbox), () => clearInterval(beating)];
  }

  /** Part of every connect: how it stands, then what was said meanwhile. */
  async catchUp() {
    try {
      const thread = await this.connection.request("open", { conversation: this.id });
      await this.stream.catchUp();
      this.changed(thread);
      this.read();
    } catch (error) {
      if (!(error instanceof Refused && error.code === "unknown")) throw error;
      this.leave();
      this.onGone();
    }
  }

  /** @param {string} text */
  say(text) {
    this.outbox.add("say", { text });
  }

  /** @param {boolean} on */
  types(on) {
    this.connection.request("typing", { conversation: this.id, on }).catch(() => {});
  }

  /** Before the first catching up there is nothing that a change could be told against. @param {Thread} thread */
  heard(thread) {
    if (this.#thread && thread.conversation === this.id) this.changed(thread);
  }

  /** @param {Thread} thread */
  changed(thread) {
    this.log.reach({ has: thread.has_to, read: thread.read_to });
    this.onAhead(thread.ahead);
    // Read in another tab is read; what came since is counted as it comes.
    if (thread.unread < this.#unread || !this.#thread) this.onUnread((this.#unread = thread.unread));
    for (const [what, values] of turns(this.#thread, thread, this.time)) this.log.happened(what, values);
    this.#thread = thread;
    this.onState(thread);
  }

  /** The patient sees what the clinic wrote. */
  read() {
    const to = this.stream.seq;
    const seen = this.isSeen();
    if (seen) this.onUnread((this.#unread = 0));
    this.connection.request(seen ? "read" : "received", { conversation: this.id, to }).catch(() => {});
  }

  async end() {
    this.changed(await this.connection.request("leave", { conversation: this.id }));
  }

  /** @param {{ rating: string, words: string }} said */
  async rate(said) {
    const thread = await this.connection.request("feedback", { conversation: this.id, ...said });
    this.changed(thread);
    return thread;
  }

  /** A line that is half open says nothing: whoever looks finds out in time. An answer that is late starts it again. */
  async #beat() {
    if (document.visibilityState !== "visible" || this.connection.state !== "online") return;
    const beat = await this.connection.request("beat", { conversation: this.id }).catch(() => undefined);
    if (!beat) return;
    if (this.#thread?.state === "new") this.onAhead(beat.ahead);
    if (beat.seq > this.stream.seq) this.stream.catchUp().catch(() => {});
  }

  /** The queue has: whoever waits asks where. */
  moved() {
    if (this.#thread?.state === "new") void this.#beat();
  }

  /** Stops following it. */
  leave() {
    this.#leaving.abort();
    for (const end of this.#ends) end();
  }

  /** @param {import("./messages.js").Line} line */
  #hear(line) {
    this.log.said(line);
    // What was said before the page caught up is read with the catching up.
    if (line.author === "patient" || !this.#thread || line.changed !== line.seq) return;
    this.onMessage();
    this.onUnread((this.#unread += 1));
    this.read();
  }

  /** @param {any} item @param {string} fate @param {any} [answer] */
  #fate(item, fate, answer) {
    if (fate === "waiting") this.log.waiting(item.client_id, item.body.text);
    if (fate === "failed") this.log.failed(item.client_id, answer.message);
  }
}

/**
 * What has happened between two states, each a template's name and its values.
 * @param {Thread | undefined} before
 * @param {Thread} now
 * @param {(moment: string) => string} time
 * @returns {[string, Record<string, string>][]}
 */
function turns(before, now, time) {
  /** @type {[boolean, string, Record<string, string>][]} */
  const possible = [
    [!before && now.state === "new", "waiting", {}],
    [Boolean(before && before.channel !== now.channel), "moved", { channel: now.channel_name }],
    [Boolean(now.by && now.by !== before?.by), "joined", { name: now.by }],
    [now.state === "closed" && before?.state !== "closed", "ended", { time: now.closed_at ? time(now.closed_at) : "" }],
  ];
  return possible.filter(([happened]) => happened).map(([, what, values]) => [what, values]);
}
