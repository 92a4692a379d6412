/**
 * The waiting room, the consultation and the end: shows what the server says and what the connection is worth.
 *
 * `data-at` names the phases in which an element is shown: waiting, on_hold, turn (called in), room (has entered).
 * The stage for picture and sound stands before the messages, and is fetched when somebody enters.
 */
import { Refused } from "/static/js/ask.js";
import { connect } from "/static/js/connect.js";
import { announcer } from "/static/js/live.js";
import { clone, fill, say } from "/static/js/template.js";
import { clock } from "/static/js/time.js";
import { open, tell, unread } from "/embed/frame.js";
import { finish, keep } from "/embed/memory.js";
import { Attention } from "./attention.js";
import { Elsewhere } from "./elsewhere.js";
import { Ended } from "./ended.js";
import { Messages } from "./messages.js";
import { congestion, spoken } from "./offers.js";
import { part, show } from "./views.js";
import { elsewhere } from "./ways.js";

const BEAT = 60_000;
const time = clock();
const minutesInWords = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
const number = new Intl.NumberFormat(document.documentElement.lang);

/**
 * @param {object} options
 * @param {import("./visitor.js").Visitor} options.visitor
 * @param {any} [options.state] as the server told it; without, the connection brings it
 * @param {() => void} options.again the way back to the start, after the end
 * @param {() => void} options.unknown there is no such visit
 * @param {() => void} [options.forget] what is remembered of a visit that has not begun
 * @param {boolean} [options.byLink] whether an appointment's link leads here
 * @param {string} options.current the address that tells how the visit stands
 * @param {(state: any) => void} [options.told] is told of every state
 * @param {boolean} [options.framed] whether a window of its own may be offered
 */
export function waitingRoom(options) {
  return new WaitingRoom(options);
}

class WaitingRoom {
  /** @type {any} */
  #state;
  /** @type {Date | undefined} */
  #lostAt;
  /** @type {any} */
  #standing = {};
  #standingVersion = -1;
  #asOf = new Date();
  #over = false;
  /** @type {ReturnType<typeof setInterval>} */
  #beat;

  /** @param {any} options */
  constructor(options) {
    const { visitor, state, again, unknown, forget = () => visitor.forget(), byLink = false, framed = window !== window.top } = options;
    this.visitor = visitor;
    this.again = again;
    this.unknown = unknown;
    this.forget = forget;
    this.byLink = byLink;
    this.told = options.told;
    this.questionnaires = options.current.replace(/(\/encounters)?\/current$/, "/questionnaires");
    this.root = part("#waiting");
    this.attention = new Attention();
    this.queue = announcer();
    this.news = announcer({ every: 2_000 });
    this.connection = this.#connect();
    this.messages = this.#messages();
    this.elsewhere = this.#elsewhere(options);
    this.#listen();
    fill(this.root, { elsewhere: framed ? { href: elsewhere(visitor.memory.ticket) } : null });
    this.#beat = setInterval(() => void this.#ask("beat"), BEAT);
    if (state?.status !== "ended") this.#begin();
    if (state) this.#take(state);
    else this.#draw();
  }

  #begin() {
    tell("waiting");
    keep("waiting"); // behind a closed panel too the place is held on the site's next page
    show("waiting", { focus: part("[data-view=waiting]").hidden }); // whoever comes back has not asked for the keyboard
    void this.attention.hold();
  }

  #connect() {
    return connect({
      namespace: "/walk-in",
      auth: async () => ({
        token: await this.visitor.token(),
        locale: document.documentElement.lang,
        moved: Boolean(this.visitor.memory.moved),
      }),
      onState: (state) => this.#linkChanged(state),
      onRefused: (error) => this.#refused(error),
    })
      .on("state", (state) => this.#take(state))
      .on("place", (news) => this.#moved(news))
      .on("look", () => setTimeout(() => void this.#ask("beat"), Math.random() * 1_500))
      .on("announcements", ({ announcements }) => this.#announced(announcements));
  }

  #messages() {
    return new Messages({
      connection: this.connection,
      onState: (state) => this.#take(state),
      onNews: (line) => this.#hear(line),
      store: this.visitor.store,
      key: this.visitor.outboxKey,
      authorise: async () => ({ Authorization: `Bearer ${await this.visitor.token()}` }),
    });
  }

  /** @param {any} options */
  #elsewhere(options) {
    const { visitor, connection, attention } = this;
    const leave = (/** @type {string} */ view) => {
      this.#close();
      show(view);
    };
    const comeBack = (/** @type {any} */ state) => new WaitingRoom({ ...options, state });
    return new Elsewhere({ visitor, connection, attention, current: options.current, leave, comeBack });
  }

  #listen() {
    const does = {
      enter: () => this.#enter({ unseen: false }),
      "enter-unseen": () => this.#enter({ unseen: true }),
      retry: () => this.connection.tryNow(),
      ring: async () => (await import("./ring.js")).askForCall(this.connection),
      leave: () => this.#askToLeave(),
      "really-leave": () => void this.#leave(),
    };
    for (const [name, action] of Object.entries(does)) part(`[data-do=${name}]`).onclick = action;
    const sound = part("#sound");
    sound.checked = !this.visitor.memory.quiet;
    sound.onchange = () => this.visitor.remember({ quiet: !sound.checked });
    part("#check").ontoggle = () => void this.#check(part("#check").open);
    document.addEventListener("visibilitychange", () => void this.#saySeen());
    document.addEventListener("konsulto:close", () => (this.#putAway = true));
    document.addEventListener("konsulto:open", () => this.#takenOut());
  }

  /** Answers that carry the state are news too. @param {string} event @param {object} [body] */
  async #ask(event, body) {
    try {
      const answer = await this.connection.request(event, body);
      if (answer.state) this.#take(answer.state);
    } catch {
      // The connection says itself how it stands, and asks again when it is back.
    }
  }

  /** What comes late must not undo what came after it. @param {any} state */
  #take(state) {
    if (state.version < (this.#state?.version ?? 0)) return;
    const before = this.#phase();
    this.#state = state;
    this.told?.(state);
    if (this.#over) {
      this.#ended?.take(state);
      return;
    }
    this.messages.stands(state);
    if (state.status === "ended") {
      this.#end();
      return;
    }
    if (state.version >= this.#standingVersion) this.#standing = state.standing;
    this.#draw();
    this.#sayNoticed(state.noticed);
    if (this.#phase() !== before) this.#sayPhase();
    else this.#sayPlace();
  }

  /** @param {boolean} noticed */
  #sayNoticed(noticed) {
    if (noticed && !this.#noticed) this.news.say(part("[data-slot=noticed]").textContent.trim());
    this.#noticed = noticed;
  }

  /** @param {{ version: number, standing: any }} news */
  #moved({ version, standing }) {
    if (version < this.#standingVersion || version < (this.#state?.version ?? 0)) return;
    this.#standingVersion = version;
    this.#standing = standing;
    this.#draw();
    this.#sayPlace();
  }

  /** @param {any[]} announcements all that are in force now */
  #announced(announcements) {
    if (this.#over || !this.#state) return;
    this.#state = { ...this.#state, announcements };
    this.#drawAnnouncements(announcements);
  }

  /** @returns {"waiting" | "on_hold" | "turn" | "room"} */
  #phase() {
    const status = this.#state?.status ?? "waiting";
    if (status !== "admitted") return status;
    return this.visitor.memory.entered ? "room" : "turn";
  }

  /** @param {import("/static/js/connect.js").State} link */
  #linkChanged(link) {
    if (link === "online") this.#lostAt = undefined;
    else if (this.#wasOnline) this.#lostAt ??= new Date();
    if (link === "online") {
      this.#wasOnline = true;
      if (this.visitor.memory.moved) this.visitor.remember({ moved: undefined });
    }
    if (!this.#over) this.#draw();
    if (link === "online") void this.#saySeen();
  }

  #wasOnline = false;
  #noticed = false; // somebody of the clinic has seen that the patient is there
  #putAway = false; // the panel in the clinic's page, by the patient
  #unheard = 0;

  /** @param {any} error */
  async #refused(error) {
    const code = error.data?.error;
    try {
      if (code === "session_expired") await this.visitor.renew();
      else if (code === "unknown") this.#gone();
    } catch (refused) {
      if (refused instanceof Refused) this.#gone();
    }
  }

  #gone() {
    this.#close();
    this.unknown();
  }

  #draw() {
    const phase = this.#phase();
    this.root.dataset.phase = phase;
    for (const element of atPhases()) element.hidden = !element.dataset.at?.split(" ").includes(phase);
    const state = this.#state;
    if (state) this.#drawState(state, phase);
    this.#drawStanding();
    this.#drawLink();
    void this.#hold(phase === "room");
  }

  /** @type {import("/static/js/device_check.js").DeviceCheck | undefined} */
  #checking;

  /** @param {boolean} wanted whether the patient looks at the own devices */
  async #check(wanted) {
    if (!wanted) {
      this.#checking?.close();
      return;
    }
    const { DeviceCheck } = await import("/static/js/device_check.js");
    this.#checking ??= new DeviceCheck(part("#check"), this.connection, (found) => void this.connection.request("devices", found).catch(() => {}));
    await this.#checking.open();
  }

  /** Picture and sound, for as long as the patient is with the practitioner. @param {boolean} wanted */
  async #hold(wanted) {
    if (wanted === this.#called) return;
    this.#called = wanted;
    part("#check").open = false; // the devices are needed now
    void this.#tellTime(wanted);
    if (!wanted) {
      this.#stage?.close();
      this.#stage = undefined;
      return;
    }
    const { stage } = await import("/static/js/stage.js").catch(() => ({ stage: undefined }));
    if (!stage) this.#called = false; // the server is away: again with the next change of the connection
    if (!this.#called || !stage) return;
    const { room, arrived_at: visit } = this.#state;
    this.#stage = stage({ root: part("#call"), live: this.connection, room, visit, camera: !this.visitor.memory.unseen, store: this.visitor.store });
    await this.#stage.open();
  }

  /** With whom, since when, and how late it is. @param {boolean} wanted */
  async #tellTime(wanted) {
    const { CallClock } = await import("/static/js/call_clock.js").catch(() => ({ CallClock: undefined }));
    if (!CallClock) return;
    this.#clock ??= new CallClock(part("[data-partner]"));
    const { admitted_by: host, talking_seconds: seconds } = this.#state;
    if (host) fill(part("[data-partner]"), { partner_initials: host.initials, partner_name: host.name });
    this.#clock.run(wanted && seconds !== null ? Date.now() - seconds * 1_000 : null);
  }

  /** @type {import("/static/js/call_clock.js").CallClock | undefined} */
  #clock;
  /** @type {ReturnType<typeof import("/static/js/stage.js").stage> | undefined} */
  #stage;
  #called = false;

  /** @param {any} state @param {string} phase */
  #drawState(state, phase) {
    const host = state.admitted_by;
    fill(this.root, {
      initials: phase === "turn" && host?.initials,
      heading: { when: phase, ...(phase === "room" ? { values: { name: host?.name } } : {}) },
      practitioner: state.practitioner,
      anyone: !state.practitioner,
      department: spoken(state.department),
      noticed: phase === "waiting" && state.noticed,
      composer: state.may_write,
      may_go: state.may_go,
      busy: state.busy && congestion(state.busy, this.#standing.expected_minutes),
      messages: state.may_write || part("#log").childElementCount > 0,
    });
    say(part("[data-slot=ready]"), { name: host?.name });
    say(part("[data-slot=grace]"), { minutes: minutesInWords.format(Math.round(state.grace_seconds / 60)) });
    this.#drawAnnouncements(state.announcements);
    void this.#drawMeanwhile(state.meanwhile);
    void this.#drawAsked(state.questionnaires);
  }

  #asked = 0; // how many questionnaires are shown
  /** @type {ReturnType<typeof import("/static/widgets-questionnaire/questionnaires.js").questionnaires> | undefined} */
  #asks;

  /** What the clinic asks, to be filled in while waiting. @param {number} asked how many */
  async #drawAsked(asked) {
    if (asked === this.#asked) return;
    this.#asked = asked;
    const { questionnaires } = await import("/static/widgets-questionnaire/questionnaires.js");
    if (this.#asks) await this.#asks.look();
    else this.#asks = questionnaires({ place: part("#asks-waiting"), ask: (path, options) => this.visitor.ask(path, options), address: this.questionnaires });
  }

  /** @param {any} offered what the department offers to people who wait, if anything */
  async #drawMeanwhile(offered) {
    if (!offered?.page && !offered?.film) return;
    const { drawMeanwhile } = await import("./meanwhile.js");
    drawMeanwhile(offered);
  }

  #drawStanding() {
    const old = this.#lostAt !== undefined;
    if (!old) this.#asOf = new Date();
    const { place } = this.#standing;
    if (!place) part("[data-slot=tiles]").hidden = true;
    else fill(this.root, { ...this.#placeSlots(place, old), ...minutesSlots(old ? {} : this.#standing) });
  }

  /** @param {number} place @param {boolean} old the number is no longer fresh */
  #placeSlots(place, old) {
    return {
      place: { text: number.format(place), class: `k-place k-num${old ? " k-muted" : ""}` },
      place_label: old ? { when: "then", values: { time: time.time(this.#asOf) } } : { when: "now" },
    };
  }

  #drawLink() {
    const lost = this.#lostAt;
    const link = lost ? "lost" : this.connection?.state === "online" ? "online" : "connecting";
    const values = lost ? { values: { time: time.time(lost) } } : {};
    fill(this.root, { beat: { when: link, class: `k-beat ${link === "online" ? "is-on-time" : "is-waiting"}`, ...values } });
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-link]"))) {
      element.hidden = element.dataset.link !== link;
    }
    if (lost) this.#drawKept(lost);
  }

  /** @param {Date} lost */
  #drawKept(lost) {
    const until = new Date(lost.getTime() + (this.#state?.grace_seconds ?? 300) * 1000);
    const kept = until > new Date();
    fill(this.root, { kept: kept ? { when: "kept", values: { time: time.time(until) } } : { when: "gone" } });
    if (kept) setTimeout(() => this.#lostAt === lost && this.#draw(), until.getTime() - Date.now() + 500);
  }

  /** @param {any[]} announcements */
  #drawAnnouncements(announcements) {
    const place = part("[data-slot=announcements]");
    const news = JSON.stringify(announcements);
    if (place.dataset.shown === news) return;
    const heard = place.dataset.shown !== undefined;
    place.dataset.shown = news;
    place.replaceChildren(...announcements.map(banner));
    place.hidden = !announcements.length;
    if (heard && announcements.length) this.news.say(place.textContent.trim());
  }

  /** A new phase is told even to those who look elsewhere. */
  #sayPhase() {
    const phase = this.#phase();
    if (phase !== "turn") this.attention.calm();
    const words = `${part("#waiting-title").innerText}. `;
    if (phase === "turn") {
      void import("/static/js/stage.js"); // needed in a moment
      tell("your-turn");
      open();
      this.queue.sayNow(words + part("[data-slot=ready]").textContent);
      this.attention.call("turn", { title: this.root.dataset.titleTurn ?? "", quiet: this.visitor.memory.quiet });
    } else if (phase !== "room") this.queue.say(words);
  }

  #sayPlace() {
    const { place, expected_minutes: minutes } = this.#standing;
    if (this.#phase() !== "waiting" || !place) return;
    const sentence = clone(minutes ? "sentence-soon" : "sentence-place");
    say(sentence, { place: number.format(place), minutes: number.format(minutes ?? 0) });
    this.queue.say(sentence.textContent ?? "");
  }

  /** @param {import("./messages.js").Line} line */
  #hear(line) {
    fill(this.root, { messages: true });
    if (this.connection.state !== "online" && Date.now() - Date.parse(line.at) > BEAT) return;
    if (this.#putAway) unread(++this.#unheard);
    this.attention.call("message", { title: this.root.dataset.titleMessage ?? "", quiet: this.visitor.memory.quiet });
    void this.#saySeen();
  }

  #takenOut() {
    this.#putAway = false;
    this.#unheard = 0;
    unread(0);
    void this.#saySeen();
  }

  /** The clinic sees that its words were seen. */
  async #saySeen() {
    if (this.#over) return;
    const seen = document.visibilityState === "visible" && !this.#putAway;
    await this.#ask(seen ? "read" : "received", { to: this.messages.stream.seq });
  }

  /** @param {{ unseen: boolean }} how */
  #enter({ unseen }) {
    this.visitor.remember({ entered: true, unseen });
    this.attention.calm();
    this.#draw();
    part("#waiting-title").focus();
  }

  #askToLeave() {
    const when = this.#phase() === "room" ? "room" : "waiting";
    fill(part("#leave"), { question: { when }, consequence: { when }, leave_label: { when }, unreachable: false });
    part("#leave").showModal();
  }

  async #leave() {
    try {
      const { state } = await this.connection.request("leave");
      part("#leave").close();
      this.#take(state);
    } catch {
      fill(part("#leave"), { unreachable: true });
    }
  }

  #end() {
    this.#stop();
    tell("ended");
    finish();
    const { end_reason: reason, ending } = this.#state;
    if (reason === "left" && !ending.took_place) this.forget();
    else this.visitor.remember({ entered: undefined, unseen: undefined });
    if (part("#leave").open) part("#leave").close();
    this.#ended = new Ended({ state: this.#state, connection: this.connection, again: this.again, byLink: this.byLink });
    show("ended");
  }

  /** @type {Ended | undefined} */
  #ended;

  #close() {
    this.#stop();
    this.#ended?.close();
    this.connection.close();
  }

  #stop() {
    this.#over = true;
    void this.#hold(false);
    this.#checking?.close();
    this.elsewhere.close();
    clearInterval(this.#beat);
    this.queue.stop();
    this.news.stop();
    this.attention.release();
  }
}

/** @returns {HTMLElement[]} */
function atPhases() {
  return [...document.querySelectorAll("[data-at]")].map((element) => /** @type {HTMLElement} */ (element));
}

/** @param {any} announcement */
function banner({ severity, text }) {
  const classes = severity === "warning" ? "k-banner is-waiting" : "k-banner";
  return clone("announcement", { banner: { class: classes }, text: spoken(text) });
}

/** @param {{ expected_minutes?: number | null, at_most_minutes?: number | null }} standing */
function minutesSlots({ expected_minutes: about, at_most_minutes: most }) {
  if (!about || !most) return { minutes: "–", unit: false, minutes_label: { when: "unknown" } };
  const label = most > about ? { when: "most", values: { minutes: number.format(most) } } : { when: "about" };
  return { minutes: number.format(about), unit: true, minutes_label: label };
}
