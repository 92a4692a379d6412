/**
 * The end screen: what the patient takes home, how it was, and what becomes of what was written. It stays connected, so
 * that a summary that is written later, or an answer of the clinic's team, still comes.
 */
import { Refused } from "/static/js/ask.js";
import { fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { spoken } from "./offers.js";
import { part } from "./views.js";

const time = clock();
const number = new Intl.NumberFormat(document.documentElement.lang);
const plural = new Intl.PluralRules(document.documentElement.lang);

export class Ended {
  /** @type {any} */
  #state;
  #changed = false; // by the patient, and not sent yet
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {any} options.state
   * @param {import("/static/js/connect.js").Connection} options.connection
   * @param {() => void} options.again
   * @param {boolean} options.byLink whether the same link leads back here
   */
  constructor({ state, connection, again, byLink }) {
    this.root = part("#ended");
    this.connection = connection;
    this.byLink = byLink;
    this.panel = part("#log").parentElement;
    this.home = this.panel.nextElementSibling;
    this.form = part("#feedback");
    this.form.reset();
    this.#listen(again);
    this.take(state);
  }

  /** @param {() => void} again */
  #listen(again) {
    const does = {
      again: () => this.#leave(again),
      "copy-summary": () => void this.#copy(),
      "save-summary": () => this.#save(),
      "print-summary": () => print(),
    };
    for (const [name, action] of Object.entries(does)) part(`#ended [data-do=${name}]`).onclick = action;
    this.form.onsubmit = (/** @type {Event} */ event) => void this.#send(event);
    this.form.oninput = () => (this.#changed = true);
  }

  /** @param {any} state as the server tells it */
  take(state) {
    this.#state = state;
    const { ending } = state;
    fill(this.root, { ...reasonSlots(state), ...this.#takeHome(ending), ...this.#closing(state) });
    this.#drawFeedback(ending);
    this.#drawTalk(state);
  }

  /** @param {any} ending */
  #takeHome({ summary, follow_up: followUp }) {
    const phone = followUp?.phone;
    return {
      takes_home: Boolean(summary),
      summary,
      copied: { when: "no" },
      has_follow_up: Boolean(followUp),
      follow_up: followUp && followUp.text.text !== phone ? { ...spoken(followUp.text), dir: "auto" } : null,
      follow_up_call: Boolean(phone),
      follow_up_phone: phone ? { href: `tel:${phone.replace(/[^+\d]/g, "")}` } : null,
      number: { values: { number: phone } },
    };
  }

  /** @param {any} state */
  #closing({ end_reason: reason, may_write: mayWrite, ending }) {
    const { survey_url: survey, took_place: tookPlace, until } = ending;
    const again = tookPlace && reason === "completed" ? { when: "done" } : { when: "again" };
    return {
      survey: Boolean(survey),
      survey_link: survey ? { href: survey } : null,
      may_close: { when: this.byLink && tookPlace ? "reopen" : "written" },
      chat: { when: fateOf(ending, mayWrite), values: { time: until ? time.moment(until) : "" } },
      again: again.when === "done" && this.byLink ? null : again,
    };
  }

  /** What is being entered is left alone. @param {any} ending */
  #drawFeedback({ asks_feedback: asks, feedback }) {
    const thanked = { when: feedback ? "given" : "none" };
    fill(this.root, { asks_feedback: asks, feedback_send: { when: feedback ? "again" : "first" }, thanks: thanked });
    if (!feedback || this.#changed) return;
    this.form.elements.rating.value = feedback.rating;
    this.form.elements.words.value = feedback.words;
  }

  /** The conversation moves here where the clinic leaves it readable; elsewhere nothing of it stays in the page. @param {any} state */
  #drawTalk({ ending, may_write: mayWrite }) {
    const { readable, until } = ending;
    if (readable) part("#ended [data-slot=talk]").append(this.panel);
    else part("#log").replaceChildren();
    this.panel.hidden = !readable;
    fill(this.panel, { composer: mayWrite });
    for (const title of this.panel.querySelectorAll("h2 [data-at]")) title.hidden = title.dataset.at !== "room";
    fill(this.root, { talk: readable });
    clearTimeout(this.#timer);
    const left = readable ? Date.parse(until) - Date.now() : 0;
    if (left > 0 && left < 2 ** 31) this.#timer = setTimeout(() => void this.#look(), left + 1_000);
  }

  async #look() {
    const { state } = await this.connection.request("beat").catch(() => ({ state: this.#state }));
    this.take(state);
  }

  /** @param {Event} event */
  async #send(event) {
    event.preventDefault();
    const { rating, words } = this.form.elements;
    if (!rating.value) {
      this.#refuse({ when: "nothing" });
      rating[0].focus();
      return;
    }
    this.#refuse(null);
    try {
      const { state } = await this.connection.request("feedback", { rating: rating.value, words: words.value.trim() });
      this.#changed = false;
      this.take(state);
    } catch (error) {
      this.#refuse(error instanceof Refused ? { when: "refused", values: { words: error.message } } : { when: "unreachable" });
    }
  }

  /** @param {{ when: string, values?: Record<string, string> } | null} why */
  #refuse(why) {
    fill(this.root, { feedback_refused: Boolean(why), feedback_why: why });
    if (why) fill(this.root, { thanks: { when: "none" } });
  }

  async #copy() {
    const copied = await navigator.clipboard?.writeText(this.#text()).then(() => true, () => false);
    fill(this.root, { copied: { when: copied || this.#copySelected() ? "yes" : "no" } });
    fill(this.root, { copy_said: part("#ended [data-slot=copied] > :not([hidden])").textContent });
  }

  /** In a frame that may not use the clipboard, copying what is selected still works. */
  #copySelected() {
    getSelection()?.selectAllChildren(part("#ended [data-slot=summary]"));
    return document.execCommand("copy");
  }

  #save() {
    const link = part("#ended [data-do=download]");
    const address = URL.createObjectURL(new Blob([this.#text()], { type: "text/plain;charset=utf-8" }));
    link.href = address;
    link.download = `${part("#ended [data-file]").dataset.file} ${time.isoDate(this.#state.ending.ended_at)}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** The summary with what it belongs to, as lines. */
  #text() {
    const { summary, with_whom: whom, ended_at: at, follow_up: followUp } = this.#state.ending;
    const head = [document.querySelector(".k-head strong")?.textContent, whom, time.moment(at)].filter(Boolean);
    return `${[head.join("\n"), summary, followUp?.text.text].filter(Boolean).join("\n\n")}\n`;
  }

  /** @param {() => void} then */
  #leave(then) {
    this.close();
    this.connection.close();
    then();
  }

  /** Nothing of the visit stays in the page. */
  close() {
    clearTimeout(this.#timer);
    this.home.before(this.panel);
    for (const place of ["#log", "#ended [data-slot=summary]", "#ended [data-slot=follow_up]"]) part(place).replaceChildren();
    this.form.reset();
  }
}

/** @param {any} state */
function reasonSlots({ end_reason: reason, end_text: own, ending }) {
  const { took_place: tookPlace, with_whom: whom, ended_by: by, minutes } = ending;
  const cutShort = ["removed", "declined", "lost"].includes(reason);
  const endedByYou = tookPlace && reason === "left";
  return {
    well: !cutShort,
    cut_short: cutShort,
    heading: { when: endedByYou ? "completed" : reason },
    why: whyOf(reason, endedByYou, by),
    summary_title: { when: reason === "declined" ? "message" : "summary" },
    facts: Boolean(tookPlace && whom),
    with_whom: { values: { name: whom } },
    length: minutes ? { when: plural.select(minutes), values: { count: number.format(minutes) } } : null,
    end_text: own.text ? spoken(own) : null,
  };
}

/** @param {string} reason @param {boolean} endedByYou @param {string | null} by */
function whyOf(reason, endedByYou, by) {
  if (endedByYou) return { when: "ended_by_you" };
  return reason === "completed" && by ? { when: "ended_by", values: { name: by } } : { when: reason };
}

/** @param {any} ending @param {boolean} mayWrite */
function fateOf({ chat, readable, until }, mayWrite) {
  if (chat === "shown") return readable ? (mayWrite ? "writable" : "shown") : "read";
  return chat === "deleted" && Date.parse(until) <= Date.now() ? "erased" : chat;
}
