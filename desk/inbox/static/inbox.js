/** The inbox's page: channels with the own presence, the conversations in them, and those that are open side by side. */
import { store } from "/static/js/store.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { announce, dialog, live, me, now, perform, setNow, soon, times, words } from "/static/desk/desk.js";
import { ring } from "/static/desk/bell.js";
import { Talk } from "/static/desk/talk.js";
import { CasePanel, isMine } from "./case.js";
import { Contact } from "/static/desk-contacts/contact.js";
import { ask, Channels } from "./channels.js";
import { doneCard, DoneCases } from "./done.js";
import { introduce } from "./introduction.js";

/**
 * @typedef {object} Conversation a row as the server tells it: a header, or a card with a name
 * @property {number} id
 * @property {number} seq
 * @property {boolean} [gone]
 * @property {boolean} [is_card]
 * @property {number} channel_id
 * @property {"new" | "claimed" | "closed"} state
 * @property {string} [case] where its case stands
 * @property {number} [returns]
 * @property {boolean} [non_urgent]
 * @property {boolean} [escalated]
 * @property {boolean} [warned]
 * @property {string | null} [assigned_at]
 * @property {string} [locale]
 * @property {string | null} waiting_since
 * @property {string} last_at
 * @property {string | null} claimed_by
 * @property {number | null} claimed_by_id
 * @property {number} unread
 * @property {string} [name]
 */

const kept = store();
const OPENED = `desk-opened-${me}`;
/** @type {Map<number, Conversation>} */
const rows = new Map();
/** @type {Map<number, { pane: HTMLElement, talk: Talk, panel: CasePanel, name: string, mine: boolean }>} */
const opened = new Map();
let filter = "new";
let loaded = false;

const draw = soon(render);
const channels = new Channels({ rows, changed: draw });

/** @type {Stream<Conversation>} */
const stream = new Stream({
  page: async (after) => {
    const page = await live.request("inbox", { after });
    setNow(page.now);
    if (!page.more) setLoaded();
    draw();
    return page;
  },
  apply: put,
});

function setLoaded() {
  if (loaded) return;
  loaded = true;
  for (const { id, mine } of kept.get(OPENED) ?? []) openTab(id, mine);
  go();
  for (const id of opened.keys()) lookWhetherLost(id);
}

/** @param {Conversation} row */
function put(row) {
  const before = rows.get(row.id);
  if (before && before.seq > row.seq) return;
  if (row.gone) rows.delete(row.id);
  else rows.set(row.id, row);
  if (loaded && !row.gone) greet(row, before);
  if (loaded) lookWhetherLost(row.id);
  opened.get(row.id)?.panel.look();
  if (loaded) finished.heard();
  draw();
}

/** A sound for what is new in a channel and for what was given to oneself. @param {Conversation} row @param {Conversation} [before] */
function greet(row, before) {
  const channel = channelOf(row);
  if (!channel?.i_am_present || !channel.rings) return;
  if (!isNewIn(row, before) && !(channel.automatic && isGiven(row, before))) return;
  rung.set(channel.id, Date.now());
  ring();
  announce(words("new-conversation"));
  element("new-case").hidden = !wantedNew();
}
element("new-case").addEventListener("click", () => {
  element("new-case").hidden = true;
  const next = [...rows.values()].filter((row) => filterOf(row) === "new" && row.is_card).sort(byTurn)[0];
  if (next) location.hash = String(next.id);
});

/** A case that was one's own went to somebody else: nothing of it stays open (S003-13). @param {number} id */
function lookWhetherLost(id) {
  const tab = opened.get(id);
  const row = rows.get(id);
  const mine = Boolean(row && isMine(row));
  if (!tab) return;
  if (tab.mine && !mine) lose(id);
  else if (tab.mine !== mine) {
    tab.mine = mine;
    remember();
  }
}

/** @param {number} id */
function lose(id) {
  const name = opened.get(id)?.name ?? "";
  const isActive = current() === id;
  closeTab(id, isActive);
  if (!isActive || leaving.delete(id)) return announce(words("case-lost", { name }));
  fill(dialog("lost"), { title: { values: { name } } });
  ask("lost");
}

/** Cases that one has given away oneself. @type {Set<number>} */
const leaving = new Set();

/** Give a case away oneself: no dialog asks about it. @param {number} id @param {string} event @param {object} [body] */
async function give(id, event, body = {}) {
  await opened.get(id)?.panel.flush();
  leaving.add(id);
  const done = await perform(event, { id, ...body });
  leaving.delete(id);
  if (done) closeTab(id);
}

/** By itself, or passed on from another channel. @param {Conversation} row @param {Conversation} [before] */
function isNewIn(row, before) {
  return row.state === "new" && !row.non_urgent && (before?.state !== "new" || before.channel_id !== row.channel_id);
}

/** @param {Conversation} row @param {Conversation} [before] */
function isGiven(row, before) {
  return row.claimed_by_id === me && before?.claimed_by_id !== me;
}

/** When each channel was heard last. @type {Map<number, number>} */
const rung = new Map();

/** The sound comes again as often as its person wants, until what waits is taken or opened. */
function ringAgain() {
  for (const channel of channels.all) {
    const isDue = channel.repeats > 0 && Date.now() - (rung.get(channel.id) ?? 0) >= channel.repeats * 1000;
    if (!isDue || !channel.i_am_present || !channel.rings || !hasUnseen(channel.id)) continue;
    rung.set(channel.id, Date.now());
    ring();
  }
}

/** @param {number} channel */
function hasUnseen(channel) {
  return [...rows.values()].some((row) => row.channel_id === channel && row.state === "new" && !row.non_urgent && !opened.has(row.id));
}

setInterval(ringAgain, 1000);
live.on("conversation", (row) => stream.receive(row));
live.follow(stream);
live.on("talk_closed", ({ id }) => opened.has(id) && void lookAtRequest(id));
live.on("case_lost", ({ id, channel }) => {
  const row = rows.get(id);
  if (row && isMine(row)) put({ ...row, claimed_by_id: null, claimed_by: null });
  lookWhetherLost(id);
  if (channel) void lookUpRows(channel);
});
live.on("presence", ({ channel }) => void lookUpRows(channel));
setInterval(draw, 15_000);

/** The own presence has changed: headers become cards, or cards headers. @param {number} channel */
async function lookUpRows(channel) {
  let after = 0;
  for (let more = true; more; ) {
    const page = await live.request("inbox_of_channel", { channel, after }).catch(() => ({ items: [], more: false }));
    page.items.forEach(put);
    more = page.more;
    after = page.items.at(-1)?.id ?? after;
  }
  for (const { talk } of opened.values()) void talk.stream.catchUp().catch(() => {});
}

/** @param {Conversation} row */
function channelOf(row) {
  return channels.find(row.channel_id);
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/* The list */
/** @param {Conversation} row */
function fits(row) {
  if (channels.isOther(row.channel_id)) return false;
  return filter === "all" || filterOf(row) === filter;
}

/** @param {Conversation} row */
function filterOf(row) {
  if (row.state === "new") return row.non_urgent ? "later" : "new";
  return row.claimed_by_id === me ? "mine" : "";
}

function render() {
  const wanted = [...rows.values()].filter(fits).sort(byTurn);
  const list = element("cases");
  const before = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((item) => [item.dataset.key ?? "", item]));
  let place = list.firstElementChild;
  for (const row of wanted) {
    const key = `${row.id}-${row.is_card ? "card" : "header"}`;
    const item = before.get(key) ?? newItem(row, key);
    before.delete(key);
    putItem(item, row);
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  for (const item of before.values()) item.remove();
  element("loading").hidden = loaded;
  element("nothing").hidden = !loaded || wanted.length > 0;
  channels.draw();
  if (!wantedNew()) element("new-case").hidden = true;
  showNumbers();
  drawTabs();
}

function wantedNew() {
  return [...rows.values()].some((row) => filterOf(row) === "new");
}

/** The longest wait first; among those that were taken, the newest talk first. @param {Conversation} a @param {Conversation} b */
function byTurn(a, b) {
  if (a.state !== b.state) return a.state === "new" ? -1 : 1;
  if (a.state === "new") return (a.waiting_since ?? a.last_at).localeCompare(b.waiting_since ?? b.last_at);
  return b.last_at.localeCompare(a.last_at);
}

/** @param {Conversation} row @param {string} key */
function newItem(row, key) {
  const item = clone(row.is_card ? "card" : "header");
  item.dataset.key = key;
  return item;
}

/** @param {HTMLElement} item @param {Conversation} row */
function putItem(item, row) {
  const shared = { channel: channelOf(row)?.name ?? "", time: times.waited(row.waiting_since ?? row.last_at, now()) };
  if (row.is_card) fill(item, { ...shared, ...cardOf(row) });
  else fill(item, { ...shared, who: row.state === "new" ? { when: "new" } : { when: "taken", values: { name: row.claimed_by } } });
}

/** @param {Conversation} row */
function cardOf(row) {
  const edge = row.state === "new" && !row.non_urgent ? " is-waiting" : "";
  return {
    link: { href: `#${row.id}`, "aria-current": current() === row.id ? "true" : null, class: `k-case${edge}` },
    initials: initials(row.name ?? ""),
    name: nameOf(row),
    state: { ...stateOf(row), class: `k-badge${edge}` },
    escalated: row.escalated ? { values: { n: row.returns } } : null,
    language: languageOf(row),
    working: isMine(row) && row.assigned_at && row.state === "claimed" ? { values: { time: times.waited(row.assigned_at, now()) } } : null,
    ...unreadOf(row),
  };
}

/** A card's name; not everybody gives one. @param {Conversation} row */
function nameOf(row) {
  return row.name || words("nameless");
}

/** In the language of the page. @param {Conversation} row */
function languageOf(row) {
  const names = new Intl.DisplayNames(document.documentElement.lang || "en", { type: "language", fallback: "code" });
  return row.locale ? `· ${names.of(row.locale)}` : null;
}

/** @param {Conversation} row */
function stateOf(row) {
  if (row.case === "ended") return { when: "ended" };
  if (row.state === "new" && row.non_urgent) return { when: "later" };
  if (row.case === "returned") return { when: "returned" };
  if (row.state === "new") return { when: "new" };
  return row.claimed_by_id === me ? { when: "mine" } : { when: "taken", values: { name: row.claimed_by } };
}

/** @param {Conversation | undefined} row */
function unreadOf(row) {
  return { unread: row?.unread ? { class: "k-count is-waiting" } : null, unread_number: row?.unread ?? 0 };
}

/** @param {string} name */
function initials(name) {
  const letters = name.split(/[\s.]+/).map((word) => word[0] ?? "").filter((letter) => letter.toLocaleUpperCase() === letter);
  return letters.join("").slice(0, 2) || "–";
}

function showNumbers() {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-of]"))) {
    const { of } = place.dataset;
    place.textContent = loaded ? String([...rows.values()].filter((row) => of === "all" || filterOf(row) === of).length) : "";
  }
}

element("filters").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (!button) return;
  filter = button.dataset.show ?? "all";
  showFinished(false);
  render();
});

/* Finished cases */
const finished = new DoneCases(element("done"), {
  card: (one) => doneCard(one, { name: nameOf(one), initials: initials(one.name), open: current() === one.id }),
  channel: () => channels.only,
});

/** @param {boolean} on */
function showFinished(on) {
  element("show-done").setAttribute("aria-pressed", String(on));
  for (const button of element("filters").querySelectorAll("button")) button.setAttribute("aria-pressed", String(!on && button.dataset.show === filter));
  element("open-cases").hidden = on;
  finished.show(on);
}
element("of-channel").addEventListener("change", () => finished.heard());
element("show-done").addEventListener("click", () => showFinished(element("done").hidden));

/* Opened conversations */
/** @returns {number} the id in the address, 0 for none */
function current() {
  return Number(location.hash.slice(1)) || 0;
}
addEventListener("hashchange", go);

function go() {
  const id = current();
  if (id && loaded) openTab(id);
  element("columns").toggleAttribute("data-open", id > 0);
  for (const [other, { pane }] of opened) pane.hidden = other !== id;
  element("choose").hidden = opened.has(id);
  opened.get(id)?.talk.read();
  finished.mark(id);
  draw();
}

/** @param {number} id @param {boolean} [mine] whether it was one's own when the page was left */
function openTab(id, mine = false) {
  if (opened.has(id)) return;
  const pane = clone("pane");
  rename(pane, id);
  element("panes").append(pane);
  const talk = new Talk(pane, id);
  const row = rows.get(id);
  opened.set(id, { pane, talk, panel: new CasePanel(pane, id), name: finished.find(id)?.name || words("nameless"), mine: mine || Boolean(row && isMine(row)) });
  pane.addEventListener("click", (event) => act(event, id));
  new Contact(pane, id);
  pane.hidden = id !== current();
  remember();
  void lookAtRequest(id);
  void introduce(pane, id);
}

/** What only a request to be called back has: the way to an appointment, or the one it led to. @param {number} id */
async function lookAtRequest(id) {
  const { request } = await live.request("contact_request", { id }).catch(() => ({ request: undefined }));
  const tab = opened.get(id);
  if (!request || !tab) return;
  const { answered, books, mails } = request;
  tab.name = request.name || tab.name;
  draw();
  fill(tab.pane, {
    request: true,
    request_state: stateOfRequest(answered),
    request_answer: mails && !answered,
    request_book: books && !answered ? { href: `/desk/calendar/new?request=${id}` } : null,
  });
}

/** @param {{ by: string, start: string | null, name: string } | null} answered */
function stateOfRequest(answered) {
  if (!answered) return { when: "open" };
  if (!answered.start) return { when: "replied", values: { by: answered.by } };
  return { when: "answered", values: { ...answered, start: times.moment(answered.start) } };
}

/** Ids stand once in a page. @param {HTMLElement} pane @param {number} id */
function rename(pane, id) {
  const field = /** @type {HTMLElement} */ (pane.querySelector("#answer"));
  field.id = `answer-${id}`;
  pane.querySelector("label[for=answer]")?.setAttribute("for", field.id);
}

function remember() {
  kept.set(OPENED, [...opened].map(([id, { mine }]) => ({ id, mine })));
}

/** @param {number} id @param {boolean} [isActive] */
function closeTab(id, isActive = current() === id) {
  const tab = opened.get(id);
  tab?.panel.end();
  tab?.talk.end();
  tab?.pane.remove();
  opened.delete(id);
  remember();
  if (isActive) location.hash = "";
}

function drawTabs() {
  const tabs = element("tabs");
  tabs.hidden = opened.size < 2;
  tabs.replaceChildren(...[...opened].map(([id, tab]) => drawTab(id, tab)));
}

/** @param {Conversation | undefined} row */
function headOf(row) {
  return {
    can_act: Boolean(row?.is_card),
    can_claim: row?.is_card === true && row.state === "new",
    can_take_over: row?.is_card === true && row.state === "claimed" && !isMine(row),
    warned: row?.warned && row.case === "assigned" && isMine(row),
  };
}

/** @param {number} id @param {{ pane: HTMLElement, name: string }} tab */
function drawTab(id, tab) {
  const row = rows.get(id);
  if (row?.is_card) tab.name = nameOf(row);
  if (row) putHead(tab.pane, row);
  fill(tab.pane, { name: tab.name, ...headOf(row) });
  return clone("tab", { link: { href: `#${id}`, "aria-current": id === current() ? "true" : null }, name: tab.name, ...unreadOf(row) });
}

/** @param {HTMLElement} pane @param {Conversation} row */
function putHead(pane, row) {
  const taken = row.claimed_by && row.claimed_by_id !== me;
  fill(pane, { channel: channelOf(row)?.name ?? "", taken: taken ? { values: { name: row.claimed_by } } : null });
}

/** The conversation that a dialog asks about. */
let chosen = 0;

/** @param {Event} event @param {number} id */
function act(event, id) {
  const name = /** @type {HTMLElement} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
  chosen = id;
  if (name === "claim") void perform("claim", { id });
  else if (name === "end") void perform("end_thread", { id });
  else if (name === "put_back") void give(id, "put_back");
  else if (name === "reopen") void perform("reopen_case", { id });
  else if (name === "leave") closeTab(id);
  else if (name === "transfer") void askWhere(id);
  else if (name === "take_over") askWhy(id);
  else if (name === "close") askWhether(id);
}

/** @param {number} id */
async function askWhere(id) {
  const { items } = await live.request("colleagues").catch(() => ({ items: [] }));
  const elsewhere = channels.targets.filter((target) => target.id !== rows.get(id)?.channel_id);
  const options = { channel: elsewhere, person: items };
  for (const group of /** @type {NodeListOf<HTMLOptGroupElement>} */ (element("to").querySelectorAll("[data-to]"))) {
    const kind = /** @type {"channel" | "person"} */ (group.dataset.to);
    group.replaceChildren(...options[kind].map((/** @type {{ id: number, name: string }} */ to) => new Option(to.name, `${kind}:${to.id}`)));
    group.hidden = !group.children.length;
  }
  /** @type {HTMLSelectElement} */ (element("to")).selectedIndex = 0;
  /** @type {HTMLTextAreaElement} */ (element("to-note")).value = "";
  fill(dialog("transfer"), { title: { values: { name: opened.get(id)?.name } } });
  ask("transfer");
}

/** @param {number} id */
function askWhy(id) {
  /** @type {HTMLTextAreaElement} */ (element("take-over-why")).value = "";
  fill(dialog("take-over"), { title: { values: { name: rows.get(id)?.claimed_by ?? "" } } });
  ask("take-over");
}
dialog("take-over").addEventListener("close", () => {
  const reason = /** @type {HTMLTextAreaElement} */ (element("take-over-why")).value.trim();
  if (dialog("take-over").returnValue === "take" && reason) void perform("take_over", { id: chosen, reason });
});

/** @param {number} id */
function askWhether(id) {
  const { outcomes = [] } = opened.get(id)?.panel.known ?? {};
  element("outcome").replaceChildren(...outcomes.map((outcome) => new Option(outcome.name, String(outcome.id))));
  fill(dialog("close"), { title: { values: { name: opened.get(id)?.name } }, reasons: outcomes.length > 0 });
  ask("close");
}

dialog("transfer").addEventListener("close", () => {
  if (dialog("transfer").returnValue !== "transfer") return;
  const [kind, to] = /** @type {HTMLSelectElement} */ (element("to")).value.split(":");
  const note = /** @type {HTMLTextAreaElement} */ (element("to-note")).value;
  if (kind === "later") void give(chosen, "set_aside", { note });
  else void give(chosen, kind === "person" ? "hand_over" : "transfer", { to: Number(to), note });
});
dialog("close").addEventListener("close", () => {
  if (dialog("close").returnValue !== "close") return;
  const outcome = Number(/** @type {HTMLSelectElement} */ (element("outcome")).value);
  void give(chosen, "close", outcome ? { outcome } : {});
});
