/**
 * How a visit ends: the words for the patient, kept in this tab until the server has them; then why it ended, what the
 * patient thought of it, and who waits next.
 */
import { Refused } from "/static/js/ask.js";
import { store } from "/static/js/store.js";
import { fill } from "/static/js/template.js";
import { announce, dialog, live, me, times } from "/static/desk/desk.js";

/** @typedef {{ summary: string, hint: string, follow_up: string }} Words */

const plural = new Intl.PluralRules(document.documentElement.lang);
const kept = store();

export class Ending {
  /** @type {any} what the server says of the end; undefined while the visit goes on */
  #facts;
  #over = false;
  #sending = false;

  /** @param {number} id of the visit */
  constructor(id) {
    this.id = id;
    this.asking = dialog("end");
    this.form = /** @type {HTMLFormElement} */ (this.asking.querySelector("form"));
    this.hint = /** @type {HTMLSelectElement} */ (this.form.querySelector("[name=hint]"));
    this.proposed = this.hint.value;
    this.form.addEventListener("submit", (event) => void this.#submit(event));
    this.form.addEventListener("input", () => this.#keep());
    for (const opener of document.querySelectorAll("[data-opens=end]")) opener.addEventListener("click", () => this.#begin());
    this.asking.addEventListener("close", () => this.#over && !this.#sending && this.#endScreen());
    dialog("ended").querySelector("[data-sums-up]")?.addEventListener("click", () => this.#sumUp());
    live.on("feedback", (news) => news.id === id && void this.look());
  }

  /** The visit is over: now, or it was when the page was opened. @param {{ now: boolean }} when */
  async over({ now }) {
    const first = !this.#over;
    this.#over = true;
    await this.look();
    if (!now || !first || this.#sending) return;
    if (this.asking.open) this.#begin(); // somebody is still writing
    else this.#endScreen();
  }

  /** Ask how it ended and show it. */
  async look() {
    if (!this.#over) return;
    this.#facts = await live.request("ending", { id: this.id }).catch(() => this.#facts);
    if (this.#facts) this.#draw(this.#facts);
  }

  /** @param {any} facts */
  #draw(facts) {
    const { reason, by, minutes, summary, may_sum_up: maySumUp } = facts;
    const shared = {
      reason: { when: reasonIn(facts), values: { name: by } },
      length: minutes ? { when: plural.select(minutes), values: { count: minutes } } : null,
      may_sum_up: maySumUp,
      write: { when: summary ? "again" : "first" },
    };
    const panel = /** @type {HTMLElement} */ (document.getElementById("ending"));
    panel.hidden = !reason;
    fill(panel, { ...shared, ...this.#kept(facts), dot: Boolean(minutes), at: { text: moment(facts.at), datetime: facts.at } });
    fill(dialog("ended"), { ...shared, given: facts.met ? { when: summary ? "summary" : "none" } : null, ...nextSlots(facts.next) });
  }

  /** What stays of the visit. @param {any} facts */
  #kept({ summary, follow_up: followUp, feedback, chat, until, erased }) {
    return {
      has_summary: Boolean(summary),
      summary,
      has_follow_up: Boolean(followUp),
      follow_up: followUp,
      has_feedback: Boolean(feedback),
      rating: { when: feedback?.rating },
      words: feedback?.words || null,
      chat: { when: erased ? "erased" : (chat ?? "kept"), values: { time: moment(until) } },
    };
  }

  #endScreen() {
    if (!dialog("ended").open) dialog("ended").showModal();
  }

  #sumUp() {
    dialog("ended").close();
    this.#begin();
    this.asking.showModal();
  }

  /** What was begun, else what the patient has already, else what the clinic proposes. */
  #begin() {
    const when = this.#over ? "sum_up" : "end";
    fill(this.form, {
      title: { when },
      lead: { when },
      stay: { when },
      does_end: !this.#over,
      does_sum_up: this.#over,
      refused: null,
      unreachable: false,
    });
    this.#write(kept.get(this.#draft) ?? this.#given() ?? { summary: "", hint: this.proposed, follow_up: "" });
  }

  /** @returns {Words | undefined} */
  #given() {
    const { summary, follow_up: followUp } = this.#facts ?? {};
    return summary || followUp ? { summary, hint: followUp ? "own" : "", follow_up: followUp } : undefined;
  }

  get #draft() {
    return `desk-ending-${me}-${this.id}`;
  }

  /** @param {Words} words */
  #write(words) {
    for (const [name, value] of Object.entries(words)) this.#field(name).value = value;
    fill(this.form, { own: this.hint.value === "own" });
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.form.querySelector(`[name=${name}]`));
  }

  /** @returns {Words} */
  #read() {
    return { summary: this.#field("summary").value, hint: this.hint.value, follow_up: this.#field("follow_up").value };
  }

  #keep() {
    kept.set(this.#draft, this.#read());
    fill(this.form, { own: this.hint.value === "own" });
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#sending) return;
    const { summary, hint, follow_up: own } = this.#read();
    const said = hint === "own" ? { follow_up: own } : hint ? { hint: Number(hint) } : {};
    this.#busy(true);
    fill(this.form, { refused: null, unreachable: false });
    try {
      await live.request(this.#over ? "sum_up" : "end_visit", { id: this.id, summary, ...said });
      kept.remove(this.#draft);
      await this.#done();
    } catch (error) {
      const refused = error instanceof Refused;
      this.#begin(); // the patient may have left meanwhile
      fill(this.form, { refused: refused ? error.message : null, unreachable: !refused });
    }
    this.#busy(false);
  }

  async #done() {
    this.asking.close();
    announce(dialog("ended").querySelector("h2")?.textContent ?? "");
    this.#over = true;
    await this.look();
    this.#endScreen();
  }

  /** @param {boolean} is */
  #busy(is) {
    this.#sending = is;
    for (const button of this.form.querySelectorAll("[type=submit]")) button.setAttribute("aria-busy", String(is));
  }
}

/** @param {any} facts */
function reasonIn({ reason, met, by }) {
  if (reason === "left") return met ? "left" : "left_before";
  return reason === "completed" && !by ? "ended" : reason;
}

/** @param {string | null} at */
function moment(at) {
  return at ? times.moment(at) : "";
}

/** @param {{ uid: string, name: string, arrived_at: string } | null} next */
function nextSlots(next) {
  if (!next) return { next: false, nobody: true };
  return {
    next: true,
    nobody: false,
    next_name: { values: { name: next.name } },
    next_since: { values: { time: times.time(next.arrived_at) } },
    next_link: { href: `/desk/visit/${next.uid}` },
  };
}
