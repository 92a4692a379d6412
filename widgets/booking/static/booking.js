/** The booking widget: choose a day and a time, tell who you are, be booked. What was typed is never lost. */
import { tell } from "/embed/frame.js";
import { Refused } from "/static/js/ask.js";
import { answersOf } from "/static/js/answers.js";
import { clientId } from "/static/js/client_id.js";
import { clear, sendsInPlace } from "/static/js/form.js";
import { clone, fill } from "/static/js/template.js";
import { clock, minutesBetween } from "/static/js/time.js";
import { Visitor } from "/static/js/visitor.js";
import { comingBack } from "./coming_back.js";
import { monthAfter, monthTable, noon, press, showMonth } from "./month.js";
import { roves, stopAt } from "./roving.js";

/** @typedef {{ id: string, start: string, end: string, practitioner: string }} Slot */

const PATIENCE = 300; // milliseconds until a wait is shown

class Booking extends HTMLElement {
  #visitor = new Visitor();
  #dates = clock({ zone: "UTC" });
  #here = clock();
  // One for all attempts of this page: an answer that was lost on the way can never become a second appointment.
  #clientId = clientId();
  #month = "";
  #day = "";
  /** @type {Slot | undefined} */
  #slot;

  // A module runs when the document is there, so the element finds its parts from the start.
  there = clock({ zone: this.dataset.zone });
  table = /** @type {HTMLTableElement} */ (this.#part("days"));
  slots = /** @type {HTMLElement} */ (this.querySelector("[data-slots]"));
  who = /** @type {HTMLSelectElement | null} */ (this.querySelector("[data-who]"));
  kind = /** @type {HTMLSelectElement | null} */ (this.querySelector("[data-kind]"));
  form = /** @type {HTMLFormElement} */ (this.querySelector("form"));

  /** @type {Promise<import("./holding.js").Holding> | undefined} */
  #holding;

  #comingBack = comingBack({
    form: this.form,
    spot: () => ({ day: this.#day, who: this.who?.value ?? "", kind: this.kind?.value ?? "" }),
    restore: (spot) => void this.#restore(spot),
  });

  connectedCallback() {
    this.#month = this.#firstMonth();
    this.#listen();
    void this.#show();
  }

  #listen() {
    addEventListener("online", () => !this.#part("failed").hidden && this.#again());
    monthTable(this.table, (key) => this.#turn(key === "PageUp" ? -1 : 1, true));
    roves(this.slots);
    this.addEventListener("click", (event) => this.#click(event));
    for (const choice of [this.kind, this.who]) choice?.addEventListener("change", () => this.#search());
    const ownClock = this.querySelector("[data-own-clock]");
    ownClock?.addEventListener("change", () => this.#showSlots());
    sendsInPlace(this.form, { send: (values) => this.#send(values), done: (answer) => this.#done(answer) });
  }

  /** @param {Event} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button || button.disabled) return;
    if (button.dataset.date) void this.#choose(button.dataset.date);
    else if (button.dataset.act) this.#act(button.dataset.act);
  }

  /** @param {string} act */
  #act(act) {
    /** @type {Record<string, () => void>} */
    const acts = {
      before: () => this.#turn(-1),
      after: () => this.#turn(1),
      again: () => this.#again(),
      jump: () => this.#jump(),
      anyone: () => this.#anyone(),
      month: () => void this.#back(),
      wait: () => void this.#waitlist(),
      keep: () => this.#slot && this.#keep(this.#slot),
    };
    acts[act]?.();
  }

  // — the month

  #firstMonth() {
    return (this.dataset.today ?? "").slice(0, 7);
  }

  /** @param {number} by @param {boolean} [keepFocus] */
  #turn(by, keepFocus = false) {
    const month = monthAfter(this.#month, by);
    if (month < this.#firstMonth() || month > (this.dataset.last ?? "").slice(0, 7)) return;
    this.#month = month;
    void this.#show(keepFocus);
  }

  #search() {
    this.#day = "";
    this.#comingBack.remember();
    void this.#show();
  }

  #anyone() {
    if (this.who) this.who.value = "";
    this.#search();
  }

  #jump() {
    const next = this.#part("empty").dataset.next ?? "";
    this.#month = next.slice(0, 7);
    void this.#show().then(() => this.#choose(next));
  }

  /** As it stood on the site's page before. @param {import("./coming_back.js").Spot} spot */
  async #restore({ day, who, kind }) {
    for (const [choice, value] of /** @type {[HTMLSelectElement | null, string][]} */ ([[this.who, who], [this.kind, kind]]))
      if (choice && [...choice.options].some((option) => option.value === value)) choice.value = value;
    if (day) this.#month = day.slice(0, 7);
    await this.#show();
    if (day) await this.#choose(day, false);
  }

  /** Back to the month, which may have changed meanwhile. */
  async #back() {
    this.#view("choose");
    await (await this.#holding?.catch(() => undefined))?.letGo();
    this.#again();
  }

  #again() {
    void this.#show();
    if (this.#day.startsWith(this.#month)) void this.#choose(this.#day, false);
  }

  /** @param {boolean} [focus] stays in the table */
  async #show(focus = false) {
    const answer = await this.#ask({ month: this.#month }, (waits) => this.#coverMonth(waits));
    if (answer) this.#render(answer, focus);
    document.documentElement.dataset.ready = "";
  }

  /** Not where a day is open below it, which would move away from under the finger. @param {boolean} waits */
  #coverMonth(waits) {
    if (waits && !this.#part("day").hidden) return;
    if (waits) this.#nameMonth();
    this.#part("loading").hidden = !waits;
    this.table.hidden = waits;
  }

  #nameMonth() {
    fill(this.#part("month"), { month: this.#dates.month(noon(`${this.#month}-01`)) });
    this.#able("before", this.#month > this.#firstMonth());
    this.#able("after", this.#month < (this.dataset.last ?? "").slice(0, 7));
    this.#part("day").hidden = !this.#day || !this.#day.startsWith(this.#month);
  }

  /** @param {{ days: import("./month.js").Day[], next?: string | null }} answer @param {boolean} focus */
  #render({ days, next }, focus) {
    const some = days.some((day) => day.free);
    if (!some && !next && !this.kind && this.#month === this.#firstMonth()) {
      this.#nothing();
      return;
    }
    if (this.#viewNow() === "nothing") this.#view("choose");
    this.#nameMonth();
    showMonth(this.table, days, { clock: this.#dates, today: this.dataset.today ?? "", chosen: this.#day });
    this.#part("legend").hidden = !some;
    this.#tellEmpty(some, next);
    if (focus) /** @type {HTMLElement} */ (this.table.querySelector("[tabindex='0']") ?? this.querySelector("#month")).focus();
  }

  /** @param {boolean} some @param {string | null | undefined} next */
  #tellEmpty(some, next) {
    const empty = this.#part("empty");
    empty.hidden = some;
    empty.dataset.next = next ?? "";
    fill(empty, {
      none: { values: { month: this.#dates.month(noon(`${this.#month}-01`)) } },
      jump: Boolean(next),
      next: next ? { values: { day: this.#dates.day(noon(next)) } } : null,
    });
  }

  #nothing() {
    this.#view("nothing");
    fill(this, { anyone: Boolean(this.who?.value) });
  }

  // — the day

  /** @param {string} date @param {boolean} [focus] */
  async #choose(date, focus = true) {
    this.#day = date;
    this.#comingBack.remember();
    if (!date.startsWith(this.#month)) this.#stay(date);
    press(this.table, date);
    const day = this.#part("day");
    day.hidden = false;
    fill(day, { day: this.#dates.day(noon(date)), times: false, elsewhere: false });
    this.slots.replaceChildren();
    this.#part("full").hidden = true;
    if (focus) /** @type {HTMLElement} */ (day.querySelector("h2")).focus();
    const answer = await this.#ask({ date }, (waits) => (this.#part("day-loading").hidden = !waits));
    if (answer) this.#renderDay(answer.slots);
    if (!this.#isLive) void this.#listenLive();
  }

  /** Chosen in the moment before the next month has come: the month of that day stays. @param {string} date */
  #stay(date) {
    this.#month = date.slice(0, 7);
    this.#nameMonth();
  }

  #isLive = false;

  async #listenLive() {
    this.#isLive = true;
    const { live } = await import("./live.js").catch(() => ({ live: undefined })); // without it the page is as fresh as it was
    live?.(this.#visitor, () => this.#lookAgain());
  }

  /** Somebody else was here: what has changed is shown, the focus stays where it is. */
  async #lookAgain() {
    const [month, day] = [this.#month, this.#day];
    const isThere = () => this.#viewNow() === "choose" && Boolean(day) && month === this.#month && day === this.#day;
    if (!isThere()) return;
    const ask = (/** @type {object} */ what) => this.#visitor.ask(`/slots?${this.#query(what)}`).catch(() => undefined);
    const [days, times] = [await ask({ month }), await ask({ date: day })];
    if (!days || !times || !isThere()) return;
    this.#keepFocus(() => {
      this.#render(days, false);
      this.#renderDay(times.slots);
    });
  }

  /** @param {() => void} draw */
  #keepFocus(draw) {
    const focused = /** @type {HTMLElement} */ (document.activeElement);
    const { date, start } = focused.dataset;
    draw();
    const again = date ? `[data-date="${date}"]` : start && `[data-start="${start}"]`;
    if (again && !focused.isConnected) /** @type {HTMLElement} */ (this.querySelector(again) ?? this.querySelector("#day")).focus();
  }

  /** @param {Slot[]} slots */
  #renderDay(slots) {
    this.#times = distinct(slots);
    this.#part("full").hidden = this.#times.length > 0;
    if (this.#times.length) {
      const values = { count: this.#dates.number(this.#times.length), minutes: this.#lengthOf(this.#times[0]) };
      fill(this.#part("day"), {
        times: { when: this.#dates.plural(this.#times.length), values },
        elsewhere: Boolean(this.#ownMoment(this.#times[0].start)),
      });
    }
    this.#showSlots();
  }

  /** @type {Slot[]} */
  #times = [];

  #showSlots() {
    const own = /** @type {HTMLInputElement} */ (this.querySelector("[data-own-clock]")).checked;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
    fill(this.#part("day"), { zone: own ? { when: "here", values: { zone } } : { when: "there" } });
    this.slots.replaceChildren(...this.#times.map((slot) => (own ? this.#ownButton(slot) : this.#slotButton("slot-cell", slot))));
    stopAt(this.slots);
  }

  /** Where it is another day by then, the day stands below the time. @param {Slot} slot */
  #ownButton(slot) {
    const day = this.#here.isoDate(slot.start) === this.#day ? null : this.#here.day(slot.start);
    const button = clone("near-cell", { day, time: this.#here.time(slot.start), name: null });
    button.dataset.start = slot.start;
    button.addEventListener("click", () => this.#take(slot));
    return button;
  }

  /** @param {string} template @param {Slot} slot */
  #slotButton(template, slot) {
    const day = this.there.day(slot.start);
    const button = clone(template, { day, time: this.there.time(slot.start), name: slot.practitioner });
    button.dataset.start = slot.start;
    button.addEventListener("click", () => this.#take(slot));
    return button;
  }

  /** @param {Slot} slot */
  #lengthOf({ start, end }) {
    return this.#dates.length(minutesBetween(start, end));
  }

  /** What the visitor's own clock shows then, where it differs from the clinic's. @param {string} start */
  #ownMoment(start) {
    const own = this.#here.moment(start);
    return own === this.there.moment(start) ? null : own;
  }

  // — the details

  /** @param {Slot} slot */
  #take(slot) {
    this.#slot = slot;
    clear(this.form);
    const details = this.#view("details");
    const own = this.#ownMoment(slot.start);
    fill(details, {
      when: { values: { day: this.there.day(slot.start), time: this.there.time(slot.start) } },
      with: { values: { name: slot.practitioner, minutes: this.#lengthOf(slot) } },
      ...(this.kind ? { kind: this.kind.selectedOptions[0].text, phone: this.kind.selectedOptions[0].dataset.mode === "phone" } : {}),
      own: own ? { values: { moment: own } } : null,
    });
    this.#keep(slot);
  }

  /** @param {Slot} slot */
  #keep(slot) {
    this.#holding ??= import("./holding.js").then(({ Holding }) => this.#newHolding(Holding));
    this.#holding.then((holding) => holding.keep(slot)).catch(() => (this.#holding = undefined)); // it can be booked all the same
  }

  /** @param {typeof import("./holding.js").Holding} Holding */
  #newHolding(Holding) {
    const view = /** @type {HTMLElement} */ (this.querySelector("[data-view=details]"));
    const isBusy = () => this.form.getAttribute("aria-busy") === "true" || view.hidden;
    const taken = (/** @type {Slot[]} */ nearest) => !isBusy() && this.#taken(nearest);
    return new Holding({ visitor: this.#visitor, view, wanted: () => this.#wanted(), taken });
  }

  /** @param {FormData} values */
  async #send(values) {
    try {
      const body = { client_id: this.#clientId, slot: this.#slot?.id, ...answersOf(values), ...this.#wanted() };
      return { made: await this.#visitor.ask("/appointments", { body }) };
    } catch (error) {
      const nearest = error instanceof Refused && /** @type {{ nearest?: Slot[] }} */ (error.answer).nearest;
      if (!nearest) throw error;
      return { nearest };
    }
  }

  /** @param {{ made?: any, nearest?: Slot[] }} answer */
  #done({ made, nearest }) {
    if (made) this.#made(made);
    else this.#taken(nearest ?? []);
  }

  /** @param {Slot[]} nearest */
  #taken(nearest) {
    const view = this.#view("taken");
    const start = this.#slot?.start ?? "";
    fill(view, { taken: { values: { time: this.there.time(start) } }, close: nearest.length > 0 });
    view.querySelector("[data-nearest]")?.replaceChildren(...nearest.map((slot) => this.#slotButton("near-cell", slot)));
  }

  // — the waitlist

  async #waitlist() {
    const { waitlist } = await import("./waitlist.js").catch(() => ({ waitlist: undefined }));
    if (!waitlist) return this.#failed();
    const view = this.#view("waitlist");
    const whom = this.who?.value ? this.who.selectedOptions[0].text : null;
    fill(view, { whom: whom ? { values: { name: whom } } : null });
    waitlist({
      view,
      visitor: this.#visitor,
      wanted: () => this.#wanted(),
      done: (email, day) => fill(this.#view("waitlisted"), { told: { values: { email, day: this.#dates.day(noon(day)) } } }),
    });
  }

  // — the appointment

  /** @param {any} made */
  #made(made) {
    this.#comingBack.done();
    void this.#holding?.then((holding) => holding.stop()).catch(() => {}); // nothing was held
    if (made.payment?.until && this.querySelector("[data-view=pay]")) this.#pays(made);
    else this.#booked(made);
  }

  /** The time is kept until it is paid, which is done in a window of its own. @param {any} made */
  #pays(made) {
    const view = this.#view("pay");
    const time = this.there;
    fill(view, {
      when: { values: { day: time.full(made.start), from: time.time(made.start), to: time.time(made.end) } },
      sum: { values: made.payment },
      ...toPay(made),
    });
    const paid = () => this.#booked({ ...made, payment: null });
    void import("./paying.js").then(({ watch }) => watch({ view, visitor: this.#visitor, made, paid }));
  }

  /** @param {any} made */
  #booked(made) {
    const email = /** @type {HTMLInputElement | null} */ (this.form.querySelector("[name='patient.email']"))?.value;
    const own = this.#ownMoment(made.start);
    const there = this.there;
    const view = this.#view("booked");
    fill(view, {
      when: { values: { day: there.full(made.start), from: there.time(made.start), to: there.time(made.end) } },
      with: { values: { name: made.practitioner } },
      own: own ? { values: { moment: own } } : null,
      earlier: new Date(made.start).getTime() !== new Date(this.#slot?.start ?? "").getTime(),
      mail: email ? {} : null,
      mailed: email ? { values: { email } } : null,
      booked_kind: [made.visit, made.price].filter(Boolean).join(" · ") || null,
      welcome: { when: made.mode, values: { time: there.time(made.welcome_from), place: made.place } },
      link: { text: made.link, href: made.link },
      pays: Boolean(made.payment),
      ...toPay(made),
    });
    tell("booked");
    void this.#offerCalendar(view, made.id);
    if (made.questionnaires) void this.#asks(view, made.id);
  }

  /** @param {Element} view @param {string} id */
  async #offerCalendar(view, id) {
    const link = /** @type {HTMLAnchorElement} */ (view.querySelector("[data-calendar]"));
    const file = await this.#visitor.file(`/appointments/${encodeURIComponent(id)}/calendar`).catch(() => undefined);
    if (!file) return;
    link.href = URL.createObjectURL(file);
    link.hidden = false;
  }

  /** What the clinic asks before the visit. @param {Element} view @param {string} id */
  async #asks(view, id) {
    const { questionnaires } = await import("/static/widgets-questionnaire/questionnaires.js");
    questionnaires({
      place: /** @type {HTMLElement} */ (view.querySelector("[data-asks]")),
      ask: (path, options) => this.#visitor.ask(path, options),
      address: "/questionnaires",
      query: `?appointment=${encodeURIComponent(id)}`,
    });
  }

  // — what all of them need

  /** @returns {Record<string, number>} */
  #wanted() {
    const chosen = new URLSearchParams(this.who?.value ?? "");
    if (this.kind) chosen.set("visit", this.kind.value);
    return Object.fromEntries([...chosen].map(([name, value]) => [name, Number(value)]));
  }

  /**
   * Free times; undefined when that failed, which is shown, or when another month, day or person was chosen meanwhile.
   * @param {{ month?: string, date?: string }} what
   * @param {(waits: boolean) => void} cover shows, and shows no longer, that we wait
   */
  async #ask(what, cover) {
    const timer = setTimeout(() => cover(true), PATIENCE);
    const who = String(this.#query({}));
    try {
      const answer = await this.#visitor.ask(`/slots?${this.#query(what)}`);
      this.#reached();
      const now = what.month ? this.#month : this.#day;
      return (what.month ?? what.date) === now && who === String(this.#query({})) ? answer : undefined;
    } catch {
      this.#failed();
      return undefined;
    } finally {
      clearTimeout(timer);
      cover(false);
    }
  }

  /** @param {object} what */
  #query(what) {
    return new URLSearchParams(Object.entries({ ...what, ...this.#wanted() }).map(([name, value]) => [name, String(value)]));
  }

  #reached() {
    this.#part("failed").hidden = true;
    this.#part("month").hidden = false;
  }

  #failed() {
    this.#view("choose", false);
    this.#part("failed").hidden = false;
    this.#part("month").hidden = !this.table.tBodies[0].rows.length;
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part="${name}"]`));
  }

  /** A button that takes the focus even while there is nothing to do. @param {string} act @param {boolean} able */
  #able(act, able) {
    this.querySelector(`[data-act="${act}"]`)?.setAttribute("aria-disabled", String(!able));
  }

  #viewNow() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-view]:not([hidden])")).dataset.view;
  }

  /** @param {string} name @param {boolean} [focus] @returns {HTMLElement} */
  #view(name, focus = true) {
    const changed = this.#viewNow() !== name;
    for (const view of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-view]")))
      view.hidden = view.dataset.view !== name;
    const shown = /** @type {HTMLElement} */ (this.querySelector(`[data-view="${name}"]`));
    if (changed && focus) /** @type {HTMLElement | null} */ (shown.querySelector("h1"))?.focus();
    return shown;
  }
}

/** The way to the payment page. @param {any} made */
function toPay({ payment }) {
  return payment && { go: { href: payment.link }, go_words: { values: payment } };
}

/** Of several people who are free at the same time the first; the server puts those with least to do first. @param {Slot[]} slots */
function distinct(slots) {
  return slots.filter((slot, index) => index === 0 || slots[index - 1].start !== slot.start);
}

customElements.define("k-booking", Booking);
