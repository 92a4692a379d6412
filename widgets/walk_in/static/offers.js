/** Who is there now: drawn from what came with the page, then looked at again while the page is seen. */
import { ask } from "/static/js/ask.js";
import { clone, fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { part } from "./views.js";

/**
 * @typedef {{ text: string, lang: string }} Words
 * @typedef {{ free: boolean, waiting: number, minutes: number | null }} Wait
 * @typedef {{ id: number, name: string, title: Words, initials: string, languages: string, wait: Wait | null }} Person
 * @typedef {{ id: number, name: Words, description: Words, practitioners: Person[], wait: Wait | null, opens_at: string | null }} Department
 * @typedef {{ department: number, practitioner: number | null, name: string, departmentName: Words }} Choice
 */

const EVERY = 20_000;
const LONG = 15; // minutes

/** @param {Words} words */
export function spoken({ text, lang }) {
  return { text, lang: lang || null };
}

/** What is said when it is busier than usual. @param {Words} own @param {number | null | undefined} minutes */
export function congestion(own, minutes) {
  if (own.text) return { when: "own", lang: own.lang || null, values: { text: own.text } };
  if (!minutes) return { when: "plain", lang: null };
  const words = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
  return { when: "minutes", lang: null, values: { time: words.format(minutes) } };
}

export class Offers {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #drawn = "";

  /** @param {{ address: string, wanted: string, choose: (choice: Choice) => void }} options */
  constructor({ address, wanted, choose }) {
    this.address = address;
    this.wanted = wanted;
    this.choose = choose;
    this.draw(JSON.parse(part("#offered").textContent));
    document.addEventListener("visibilitychange", () => this.#timer && document.visibilityState === "visible" && this.look());
  }

  watch() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => document.visibilityState === "visible" && this.look(), EVERY);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async look() {
    try {
      this.draw(await ask(this.address));
      part("#stale").hidden = true;
      this.asOf = new Date();
    } catch {
      this.unreachable();
    }
  }

  /** Says how old the list is. */
  unreachable() {
    say(part("#stale").firstElementChild, { time: clock().time(this.asOf ?? performance.timeOrigin) });
    part("#stale").hidden = false;
  }

  /**
   * Rows that did not change stay as they are, with the focus.
   * @param {{ departments: Department[], closed: Words | null, busy: { text: Words, minutes: number | null } | null }} offers
   */
  draw({ departments, closed, busy }) {
    const shown = this.#shown(departments);
    const news = JSON.stringify([shown, closed, busy]);
    if (news === this.#drawn) return;
    this.#drawn = news;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.choice;
    const somebody = shown.some((department) => department.practitioners.length);
    part("#somebody").hidden = !somebody;
    part("#nobody").hidden = somebody;
    const soonest = shown.map((department) => department.opens_at).sort().find(Boolean);
    fill(part("#busy"), { busy: busy && congestion(busy.text, busy.minutes) });
    fill(part("#closed"), { closed: closed && { lang: closed.lang || null, values: { name: closed.text } } });
    fill(part("#opens"), { opens: opening(soonest ?? null) ?? null });
    part("#departments").replaceChildren(...shown.map((department) => this.#department(department)));
    if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-choice="${focused}"]`))?.focus();
  }

  /** The page may be for one department. @param {Department[]} departments */
  #shown(departments) {
    const wanted = departments.filter(({ id, name }) => [String(id), name.text].includes(this.wanted));
    return wanted.length ? wanted : departments;
  }

  /** @param {Department} department */
  #department(department) {
    const element = clone("department", { name: spoken(department.name) });
    element.querySelector("ul")?.append(...this.#rows(department));
    return element;
  }

  /** @param {Department} department */
  #rows(department) {
    const { practitioners: people, description, opens_at: opens } = department;
    const about = description.text ? spoken(description) : null;
    if (!people.length) return [clone("closed", { description: about, opens: opening(opens) ?? { when: "unknown" } })];
    const rows = people.map((person) => this.#person(department, person));
    return people.length > 1 ? [this.#anyone(department), ...rows] : rows;
  }

  /** @param {Department} department @param {Person} person */
  #person(department, person) {
    const { name, title, initials, languages } = person;
    const about = { title: title.text ? spoken(title) : null, languages: languages || null };
    const row = clone("person", { name, initials, ...about, dot: Boolean(title.text && languages) });
    return this.#pick(row, person.wait, { practitioner: person.id, name, ...placeOf(department) });
  }

  /** @param {Department} department */
  #anyone(department) {
    return this.#pick(clone("anyone"), department.wait, { practitioner: null, name: "", ...placeOf(department) });
  }

  /** @param {HTMLElement} row @param {Wait | null} wait @param {Choice} choice */
  #pick(row, wait, choice) {
    const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
    button.dataset.choice = `${choice.department}-${choice.practitioner ?? "anyone"}`;
    button.addEventListener("click", () => this.choose(choice));
    showWait(/** @type {HTMLElement} */ (row.querySelector(".k-badge")), wait);
    return row;
  }
}

/** @param {Department} department */
function placeOf({ id, name }) {
  return { department: id, departmentName: name };
}

/** @param {HTMLElement} badge @param {Wait | null} wait */
function showWait(badge, wait) {
  badge.hidden = !wait;
  if (!wait) return;
  const kind = kindOf(wait);
  for (const choice of /** @type {HTMLElement[]} */ ([...badge.querySelectorAll("[data-when]")])) {
    choice.hidden = choice.dataset.when !== kind;
    const number = /** @type {HTMLElement | null} */ (choice.querySelector("[data-number]"));
    if (!choice.hidden && number) say(number, { count: wait.waiting, minutes: wait.minutes });
  }
  badge.classList.add(wait.free || (wait.minutes ?? LONG + 1) <= LONG ? "is-on-time" : "is-waiting");
}

/** @param {Wait} wait */
function kindOf({ free, waiting, minutes }) {
  if (free) return "free";
  if (minutes !== null) return "minutes";
  return waiting ? `waiting-${new Intl.PluralRules(document.documentElement.lang).select(waiting)}` : "busy";
}

/** When the walk-in hour begins, as the clinic's clock shows it. @param {string | null} instant */
function opening(instant) {
  if (!instant) return undefined;
  const there = clock({ zone: part("meta[name=konsulto-zone]").content });
  const today = there.isoDate(instant) === there.isoDate(Date.now());
  const time = today ? there.time(instant) : `${there.day(instant)}, ${there.time(instant)}`;
  return { when: today ? "today" : "later", values: { time } };
}
