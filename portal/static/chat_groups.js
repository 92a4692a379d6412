/** Chat groups: what one is invited to and in, one conversation at a time, with all or with one other member. */
import { Refused, Unreachable } from "/static/js/ask.js";
import { Outbox } from "/static/js/outbox.js";
import { Said } from "/static/js/said.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { clock } from "/static/js/time.js";

/**
 * @typedef {{ id: string, conversation: string, name: string, description: string, rules: string, names: string, invited: boolean,
 *   nickname: string, muted: boolean, quiet: string | null, private: boolean, unread: number, last_at: string, minutes: number,
 *   days_kept: number, words_stay: boolean, moderators: string[] }} Group
 * @typedef {{ id: string, group: string, with: string, on: boolean, asked: boolean, unread: number, last_at: string }} Two
 * @typedef {{ id: string, kind: string, words: string, group: string }} Notice
 * @typedef {{ group: string, talk: string }} Place a group by the own membership, and a conversation of two in it
 * @typedef {import("/static/js/said.js").Line & { mine: boolean }} Line
 * @typedef {{ client_id: string, event: string, body: Place & { text: string } }} Sent
 */

const times = clock();

/** @param {string} selector @param {ParentNode} [root] @returns {any} an element that the server's HTML always has */
function part(selector, root = document) {
  return root.querySelector(selector);
}

/** @param {string} at */
function time(at) {
  return times.isoDate(at) === times.isoDate(Date.now()) ? times.time(at) : times.moment(at);
}

/** @param {unknown} error what the person can be told */
function told(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof Unreachable) return part("[data-unreachable]").textContent.trim();
  throw error;
}

export class ChatGroups {
  /** @type {Group[]} */
  #groups = [];
  /** @type {Two[]} */
  #talks = [];
  /** @type {Place | undefined} */
  #open;
  /** @type {Stream<Line> | undefined} */
  #stream;
  #unfollow = () => {};
  /** @type {Map<string, HTMLElement>} */
  #unsent = new Map();

  /** @param {{ connection: import("/static/js/connect.js").Connection, view: (name: string) => void, store: import("/static/js/store.js").Store }} options */
  constructor({ connection, view, store }) {
    this.connection = connection;
    this.view = view;
    this.page = /** @type {HTMLElement} */ (part("[data-view=group]"));
    this.invitation = /** @type {HTMLElement} */ (part("[data-view=invitation]"));
    this.log = /** @type {HTMLElement} */ (part("[data-group-log]"));
    this.said = new Said(this.log, { act: (event, body) => this.#act(event, body), fetch: () => Promise.reject(new Unreachable()) });
    connection.on("group", (hint) => this.#heard(hint));
    connection.follow({ catchUp: () => this.look() });
    this.outbox = new Outbox({
      send: (item) => connection.request(item.event, { ...item.body, client_id: item.client_id }),
      onFate: (item, fate, answer) => this.#fate(/** @type {Sent} */ (item), fate, answer),
      store,
      key: "portal-groups",
    });
    connection.carry(this.outbox);
    this.#listen();
  }

  /** Nothing of it stays on the screen. */
  close() {
    this.#unfollow();
    this.log.replaceChildren();
    part("#groups").hidden = true;
  }

  /** @param {boolean} offline */
  offline(offline) {
    fill(this.page, { offline });
  }

  #listen() {
    part("#groups").addEventListener("click", (/** @type {Event} */ event) => this.#clickList(/** @type {HTMLElement} */ (event.target)));
    for (const place of [this.page, this.invitation]) {
      place.addEventListener("click", (event) => this.#click(/** @type {HTMLElement} */ (event.target)));
    }
    part("#join").addEventListener("submit", (/** @type {SubmitEvent} */ event) => void this.#join(event));
    part("#group-more").addEventListener("toggle", () => void this.#drawPeople());
    part("#group-mails").addEventListener("change", () => void this.#tell("mute_group", { on: !part("#group-mails").checked }));
    const field = part("#group-text");
    part("#group-say").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text && this.#open) this.outbox.add("group_say", { ...this.#open, text });
      field.value = "";
    });
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      part("#group-say").requestSubmit();
    });
    document.addEventListener("visibilitychange", () => this.#read());
  }

  /** Ask what there is, and draw it. */
  async look() {
    const { groups, talks, notices } = await this.connection.request("groups");
    this.#groups = groups;
    this.#talks = talks;
    this.#drawList(notices);
    this.#standing();
  }

  /** @param {{ conversation: string, erased: boolean }} hint */
  #heard({ conversation, erased }) {
    this.look().catch(() => {});
    if (!this.#open || conversation !== this.#conversation()) return;
    if (erased) this.#show(this.#open);
    else this.#stream?.catchUp().catch(() => {});
  }

  #conversation() {
    return this.#open?.talk || this.#group()?.conversation;
  }

  #group() {
    return this.#groups.find(({ id }) => id === this.#open?.group);
  }

  #two() {
    return this.#talks.find(({ id }) => id === this.#open?.talk);
  }

  /** @param {Notice[]} notices */
  #drawList(notices) {
    part("#groups").hidden = !this.#groups.length && !notices.length;
    part("#groups [data-notices]").replaceChildren(...notices.map(drawNotice));
    const list = part("#groups [data-list]");
    const focused = document.activeElement?.closest("li")?.dataset.key;
    list.replaceChildren(...this.#groups.map(drawGroup), ...this.#talks.map((talk) => this.#drawTwo(talk)));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"] button`)?.focus();
  }

  /** @param {Two} talk */
  #drawTwo(talk) {
    const group = this.#groups.find(({ id }) => id === talk.group)?.name ?? "";
    const item = clone("group-row", { name: talk.with, what: { when: "two", values: { group } }, does: { when: "open" }, ...unreadOf(talk), whose: talk.with });
    return keyed(item, talk.group, talk.id);
  }

  /** @param {HTMLElement} target */
  #clickList(target) {
    const notice = /** @type {HTMLElement | null} */ (target.closest("[data-notice-read]") && target.closest("[data-notice]"));
    if (notice) void this.connection.request("read_notice", { notice: notice.dataset.notice }).then(() => this.look());
    const item = /** @type {HTMLElement | null} */ (target.closest("[data-group-open]") && target.closest("li"));
    if (!item) return;
    const place = { group: item.dataset.group ?? "", talk: item.dataset.talk ?? "" };
    if (this.#groups.find(({ id }) => id === place.group)?.invited) this.#invite(place);
    else this.#show(place);
  }

  /** @param {Place} place */
  #invite(place) {
    this.#open = place;
    const group = this.#group();
    if (!group) return;
    fill(this.invitation, {
      ...shared(group), description: group.description || null, names: { when: group.names }, private: group.private,
      kept: group.days_kept ? { values: { days: group.days_kept } } : null, wrong: null,
    });
    part("#join").reset();
    this.view("invitation");
  }

  /** @param {SubmitEvent} event */
  async #join(event) {
    event.preventDefault();
    try {
      await this.connection.request("join_group", { group: this.#open?.group, nickname: part("#nickname").value });
      await this.look();
      this.#show(/** @type {Place} */ (this.#open));
    } catch (error) {
      fill(this.invitation, { wrong: true, wrong_message: told(error) });
      part("#join [data-slot=wrong]").focus();
    }
  }

  /** @param {HTMLElement} target */
  #click(target) {
    const asked = /** @type {HTMLElement | null} */ (target.closest("[data-group-ask]") && target.closest("li"));
    if (asked) void this.#ask(asked.dataset.member ?? "");
    const act = /** @type {HTMLElement | null} */ (target.closest("[data-group-act]"))?.dataset.groupAct;
    if (target.closest("[data-said=cancel-report]")) target.closest("form")?.remove();
    /** @type {Record<string, () => unknown>} */
    const does = {
      decline: () => this.#go("decline_group"),
      leave: () => this.#sure(true),
      stay: () => this.#sure(false),
      left: () => this.#go("leave_group"),
      accept: () => this.#tell("answer_private", { talk: this.#open?.talk, on: true }),
      refuse: () => this.#go("answer_private", { talk: this.#open?.talk, on: false }),
      report: () => this.#report(/** @type {HTMLElement} */ (target.closest("[data-seq]"))),
    };
    if (act) void does[act]?.();
  }

  /** @param {boolean} asked */
  #sure(asked) {
    fill(this.page, { leaving: asked, stays: !asked });
    part(asked ? "[data-group-act=stay]" : "[data-group-act=leave]", this.page).focus();
  }

  /** Does something and goes back to the list. @param {string} event @param {object} [body] */
  async #go(event, body = {}) {
    if (await this.#tell(event, body)) {
      this.#open = undefined;
      this.#unfollow();
      this.view("pages");
    }
  }

  /** @param {string} event @param {object} [body] whether it was done */
  async #tell(event, body = {}) {
    fill(this.page, { failed: null });
    try {
      await this.connection.request(event, { group: this.#open?.group, ...body });
    } catch (error) {
      fill(this.page, { failed: told(error) });
      fill(this.invitation, { wrong: true, wrong_message: told(error) });
      return false;
    }
    await this.look();
    return true;
  }

  /** @param {string} member */
  async #ask(member) {
    fill(this.page, { failed: null });
    try {
      const { talk } = await this.connection.request("ask_private", { group: this.#open?.group, member });
      await this.look();
      this.#show({ group: this.#open?.group ?? "", talk });
    } catch (error) {
      fill(this.page, { failed: told(error) });
    }
  }

  /** @param {HTMLElement} element */
  #report(element) {
    if (element.querySelector("form")) return;
    const form = clone("group-report");
    const words = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    element.append(form);
    words.focus();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      try {
        await this.connection.request("group_report", { ...this.#open, seq: Number(element.dataset.seq), words: words.value });
        form.replaceWith(clone("group-reported"));
      } catch (error) {
        fill(element, { wrong: { when: "refused" }, wrong_message: told(error) });
      }
    });
  }

  /** @param {Place} place */
  #show(place) {
    this.#unfollow();
    this.#open = place;
    this.#unsent.clear();
    this.log.replaceChildren();
    const group = this.#group();
    if (!group) return;
    this.log.dataset.minutes = String(group.minutes);
    part("#group-more").open = false;
    this.#stream = new Stream({
      page: (after) => this.connection.request("group_catch_up", { ...place, after }),
      apply: (/** @type {Line} */ line) => this.#line(line),
      number: (/** @type {Line} */ line) => line.changed,
    });
    for (const item of /** @type {Sent[]} */ (this.outbox.items)) this.#fate(item, "waiting");
    this.#standing();
    this.view("group");
    this.#unfollow = this.connection.follow(this.#stream);
  }

  /** What is above and below the conversation. */
  #standing() {
    const group = this.#group();
    if (!this.#open || !group || group.invited) return;
    const two = this.#two();
    if (this.#open.talk && !two) return this.view("pages");
    const quiet = group.quiet ? { when: group.quiet } : null;
    fill(this.page, { ...shared(group), ...(two ? ofTwo(two, group) : ofAll(group)), quiet, leaving: null, stays: true });
    part("#group-mails").checked = !group.muted;
    part("#group-say").hidden = Boolean(quiet) || two?.on === false;
    this.#emptiness();
    void this.#drawPeople();
  }

  #emptiness() {
    fill(this.page, { empty: !part("#group-say").hidden && !this.log.childElementCount });
    this.log.hidden = !this.log.childElementCount;
  }

  async #drawPeople() {
    const group = this.#group();
    if (!part("#group-more").open || !group || this.#open?.talk) return;
    const { members } = await this.connection.request("group_people", { group: group.id }).catch(() => ({ members: [] }));
    part("[data-people]").replaceChildren(...members.map((/** @type {any} */ one) => this.#drawPerson(one, group)));
  }

  /** @param {{ id: string, name: string, me: boolean }} person @param {Group} group */
  #drawPerson({ id, name, me }, group) {
    const there = this.#talks.some((talk) => talk.group === group.id && talk.with === name);
    const item = clone("group-person", { name, me, may_ask: group.private && !me && !there && !group.quiet, whom: name });
    item.dataset.member = id;
    return item;
  }

  /** @param {Line} line */
  #line(line) {
    if (line.client_id) this.#settle(line.client_id);
    const staff = line.author === "staff";
    const from = staff ? { when: "staff" } : { when: line.name ? "member" : "former" };
    const item = clone(line.mine ? "group-line-mine" : "group-line", {
      from, writer: line.name, moderator: line.name, at: { text: time(line.at), datetime: line.at },
      may_report: !line.mine && !staff && !line.deleted_at, of: { values: { name: line.name } },
    });
    this.said.draw(item, line, line.mine);
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    const there = this.said.place(item, this.#unsent.values().next().value ?? null);
    this.#emptiness();
    if (atEnd && !there) this.#toEnd();
    this.#read();
  }

  #read() {
    const seen = document.visibilityState === "visible" && !this.page.hidden;
    const to = this.#stream?.seq ?? 0;
    if (this.#open && seen && to) this.connection.request("group_read", { ...this.#open, to }).catch(() => {});
  }

  /** @param {string} event @param {object} body */
  #act(event, body) {
    return this.connection.request(`group_${event}`, { ...this.#open, ...body });
  }

  /** @param {Sent} item @param {string} fate @param {any} [answer] */
  #fate(item, fate, answer) {
    if (item.body.group !== this.#open?.group || item.body.talk !== this.#open.talk) return;
    if (fate === "sent") return void this.#stream?.catchUp().catch(() => {});
    this.#settle(item.client_id);
    const line = fate === "failed" ? clone("group-line-failed", { text: item.body.text, why: answer.message }) : clone("group-line-unsent", { text: item.body.text });
    this.#unsent.set(item.client_id, line);
    this.log.append(line);
    this.#emptiness();
    this.#toEnd();
  }

  /** @param {string} id */
  #settle(id) {
    this.#unsent.get(id)?.remove();
    this.#unsent.delete(id);
  }

  #toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @param {Group} group */
function drawGroup(group) {
  const item = clone("group-row", {
    name: group.name, what: group.invited ? { when: "invited" } : { when: "all", values: { name: group.nickname } },
    does: { when: group.invited ? "look" : "open" }, ...unreadOf(group), whose: group.name,
  });
  return keyed(item, group.id, "");
}

/** @param {HTMLElement} item @param {string} group @param {string} talk */
function keyed(item, group, talk) {
  Object.assign(item.dataset, { group, talk, key: `${group}/${talk}` });
  return item;
}

/** @param {{ unread: number }} what */
function unreadOf({ unread }) {
  return { count: unread > 0, number: unread };
}

/** @param {Notice} notice */
function drawNotice({ id, kind, words, group }) {
  const item = clone("group-notice", { kind: { when: kind, values: { group } }, words: words || null });
  item.dataset.notice = id;
  return item;
}

/** What the invitation and the group both say. @param {Group} group */
function shared(group) {
  const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(group.moderators);
  return {
    name: group.name, rules: group.rules, has_rules: Boolean(group.rules), led: names ? { values: { names } } : null,
    words: { when: group.words_stay ? "stay" : "go" },
  };
}

/** @param {Group} group */
function ofAll(group) {
  return { whom: { when: "all", values: { name: group.nickname } }, of_all: true, of_two: null, asked: null, awaits: null };
}

/** @param {Two} two @param {Group} group */
function ofTwo(two, group) {
  const values = { name: two.with };
  return {
    name: two.with, whom: { when: "two", values: { name: group.nickname } }, of_all: null, of_two: two.on,
    asked: two.asked, asks: { values }, awaits: two.on || two.asked ? null : { values },
  };
}
