/** The inbox's page: channels with the own presence, the conversations in them, and those that are open side by side. */
import { store } from "/static/js/store.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { announce, dialog, live, me, now, perform, setNow, soon, times, words } from "/static/desk/desk.js";
import { ring } from "/static/desk/bell.js";
import { Talk } from "/static/desk/talk.js";
import { introduce } from "./introduction.js";

/**
 * @typedef {object} Conversation a row as the server tells it: a header, or a card with a name
 * @property {number} id
 * @property {number} seq
 * @property {boolean} [gone]
 * @property {boolean} [is_card]
 * @property {number} channel_id
 * @property {"new" | "claimed"} state
 * @property {string | null} waiting_since
 * @property {string} last_at
 * @property {string | null} claimed_by
 * @property {number | null} claimed_by_id
 * @property {number} unread
 * @property {string} [name]
 *
 * @typedef {{ id: number, name: string, internal: boolean, state: string, switch: string, congested: boolean,
 *   opens_at: string | null, i_am_present: boolean, rings: boolean, manages: boolean }} Channel
 */

const EDGES = { open: "is-on-time", congested: "is-waiting", closed: "" };
const kept = store();
const OPENED = `desk-opened-${me}`;
/** @type {Map<number, Conversation>} */
const rows = new Map();
/** @type {Channel[]} */
let channels = [];
/** @type {{ id: number, name: string }[]} */
let targets = [];
/** @type {Map<number, { pane: HTMLElement, talk: Talk, name: string }>} */
const opened = new Map();
let filter = "new";
let loaded = false;

const draw = soon(render);

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
  for (const id of kept.get(OPENED) ?? []) openTab(id);
  go();
}

/** @param {Conversation} row */
function put(row) {
  const before = rows.get(row.id);
  if (before && before.seq > row.seq) return;
  if (row.gone) rows.delete(row.id);
  else rows.set(row.id, row);
  if (loaded && !before && !row.gone) greet(row);
  draw();
}

/** @param {Conversation} row that was not there before */
function greet(row) {
  const channel = channelOf(row);
  if (row.state !== "new" || !channel?.i_am_present || !channel.rings) return;
  ring();
  announce(words("new-conversation"));
}

live.on("conversation", (row) => stream.receive(row));
live.follow(stream);
const lookUp = soon(lookUpChannels, 100);
live.follow({ catchUp: lookUpChannels });
live.on("channel", lookUp);
live.on("talk_closed", ({ id }) => opened.has(id) && void lookAtRequest(id));
live.on("presence", ({ channel }) => void lookUpRows(channel));
setInterval(lookUp, 60_000);
setInterval(draw, 15_000);

async function lookUpChannels() {
  const answer = await live.request("channels");
  ({ channels, targets } = answer);
  drawChannels();
  draw();
}

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
  return channels.find((channel) => channel.id === row.channel_id);
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/* Channels */
const ofChannel = /** @type {HTMLSelectElement} */ (element("of-channel"));

function drawChannels() {
  const list = element("channels");
  const shown = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((item) => [Number(item.dataset.id), item]));
  list.append(...channels.filter((channel) => !shown.has(channel.id)).map(newChannel));
  for (const [id, item] of shown) if (!channels.some((channel) => channel.id === id)) item.remove();
  for (const item of /** @type {HTMLElement[]} */ ([...list.children])) putChannel(item);
  element("no-channels").hidden = channels.length > 0;
  offerChannels();
}

/** @param {Channel} channel */
function newChannel(channel) {
  const item = clone("channel");
  item.dataset.id = String(channel.id);
  return item;
}

/** @param {HTMLElement} item */
function putChannel(item) {
  const channel = channels.find(({ id }) => id === Number(item.dataset.id));
  if (!channel) return;
  const waiting = [...rows.values()].filter((row) => row.channel_id === channel.id && row.state === "new").length;
  fill(item, {
    state: { when: channel.state, class: `k-badge ${EDGES[/** @type {keyof EDGES} */ (channel.state)]}` },
    name: channel.name,
    waiting: waiting ? { values: { n: waiting } } : null,
    settings_name: channel.name,
    switch_name: channel.name,
  });
  const box = /** @type {HTMLInputElement} */ (item.querySelector("[data-act=present]"));
  box.checked = channel.i_am_present;
}

function offerChannels() {
  const known = new Set([...ofChannel.options].map((option) => option.value));
  for (const { id, name } of channels) if (!known.has(String(id))) ofChannel.add(new Option(name, String(id)));
}

/** @type {Channel | undefined} */
let chosenChannel;

element("channels").addEventListener("change", async (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  const channel = Number(box.closest("li")?.dataset.id);
  const on = box.checked;
  if (!(await perform("be_present", { channel, on }))) box.checked = !on;
});
element("channels").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act=settings]");
  const id = Number(button?.closest("li")?.dataset.id);
  chosenChannel = channels.find((channel) => channel.id === id);
  if (button && chosenChannel) openSettings(chosenChannel);
});

/** @param {string} name @returns {HTMLInputElement | null} */
function input(name) {
  return /** @type {HTMLInputElement | null} */ (document.getElementById(name));
}

/** @param {Channel} channel */
function openSettings(channel) {
  fill(dialog("settings"), {
    name: channel.name,
    kind: { when: channel.internal ? "internal" : "patients" },
    opens: channel.state === "closed" && channel.opens_at ? { values: { time: times.moment(channel.opens_at) } } : null,
  });
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (dialog("settings").querySelectorAll("[name=switch]"))) {
    radio.checked = radio.value === channel.switch;
  }
  const congested = input("congested");
  if (congested) congested.checked = channel.congested;
  /** @type {HTMLInputElement} */ (input("rings")).checked = channel.rings;
  ask("settings");
}

dialog("settings").addEventListener("close", () => {
  if (dialog("settings").returnValue === "save" && chosenChannel) void saveSettings(chosenChannel);
});

/** @param {Channel} channel */
async function saveSettings(channel) {
  const rings = /** @type {HTMLInputElement} */ (input("rings")).checked;
  if (rings !== channel.rings) await perform("ring", { channel: channel.id, on: rings });
  const wanted = /** @type {HTMLInputElement | null} */ (dialog("settings").querySelector("[name=switch]:checked"))?.value;
  const congested = input("congested")?.checked;
  if (wanted && (wanted !== channel.switch || congested !== channel.congested)) {
    await perform("turn", { channel: channel.id, switch: wanted, congested });
  }
}

/* The list */
/** @param {Conversation} row */
function fits(row) {
  if (ofChannel.value && row.channel_id !== Number(ofChannel.value)) return false;
  return filter === "all" || filterOf(row) === filter;
}

/** @param {Conversation} row */
function filterOf(row) {
  if (row.state === "new") return "new";
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
  for (const item of /** @type {HTMLElement[]} */ ([...element("channels").children])) putChannel(item);
  showNumbers();
  drawTabs();
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
  const edge = row.state === "new" ? " is-waiting" : "";
  return {
    link: { href: `#${row.id}`, "aria-current": current() === row.id ? "true" : null, class: `k-case${edge}` },
    initials: initials(row.name ?? ""),
    name: nameOf(row),
    state: { ...stateOf(row), class: `k-badge${edge}` },
    ...unreadOf(row),
  };
}

/** A card's name; not everybody gives one. @param {Conversation} row */
function nameOf(row) {
  return row.name || words("nameless");
}

/** @param {Conversation} row */
function stateOf(row) {
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
  for (const other of element("filters").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  render();
});
ofChannel.addEventListener("change", render);

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
  draw();
}

/** @param {number} id */
function openTab(id) {
  if (opened.has(id)) return;
  const pane = clone("pane");
  rename(pane, id);
  element("panes").append(pane);
  const talk = new Talk(pane, id);
  opened.set(id, { pane, talk, name: words("nameless") });
  pane.addEventListener("click", (event) => act(event, id));
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
  const { answered, books } = request;
  tab.name = request.name || tab.name;
  draw();
  fill(tab.pane, {
    request: true,
    request_state: answered ? { when: "answered", values: { ...answered, start: times.moment(answered.start) } } : { when: "open" },
    request_book: books && !answered ? { href: `/desk/calendar/new?request=${id}` } : null,
  });
}

/** Ids stand once in a page. @param {HTMLElement} pane @param {number} id */
function rename(pane, id) {
  const field = /** @type {HTMLElement} */ (pane.querySelector("textarea"));
  field.id = `answer-${id}`;
  pane.querySelector("label")?.setAttribute("for", field.id);
}

function remember() {
  kept.set(OPENED, [...opened.keys()]);
}

/** @param {number} id */
function closeTab(id) {
  const tab = opened.get(id);
  tab?.talk.end();
  tab?.pane.remove();
  opened.delete(id);
  remember();
  location.hash = "";
}

function drawTabs() {
  const tabs = element("tabs");
  tabs.hidden = opened.size < 2;
  tabs.replaceChildren(...[...opened].map(([id, tab]) => drawTab(id, tab)));
}

/** @param {number} id @param {{ pane: HTMLElement, name: string }} tab */
function drawTab(id, tab) {
  const row = rows.get(id);
  if (row?.is_card) tab.name = nameOf(row);
  if (row) putHead(tab.pane, row);
  fill(tab.pane, { name: tab.name, can_act: Boolean(row?.is_card), can_claim: row?.is_card === true && row.state === "new" });
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
  else if (name === "leave") closeTab(id);
  else if (name === "transfer") askWhere(id);
  else if (name === "close") askWhether(id);
}

/** @param {string} id */
function ask(id) {
  dialog(id).returnValue = "";
  dialog(id).showModal();
}

/** @param {number} id */
function askWhere(id) {
  const elsewhere = targets.filter((target) => target.id !== rows.get(id)?.channel_id);
  element("to").replaceChildren(...elsewhere.map((target) => new Option(target.name, String(target.id))));
  fill(dialog("transfer"), { title: { values: { name: opened.get(id)?.name } } });
  ask("transfer");
}

/** @param {number} id */
function askWhether(id) {
  fill(dialog("close"), { title: { values: { name: opened.get(id)?.name } } });
  ask("close");
}

dialog("transfer").addEventListener("close", async () => {
  const to = Number(/** @type {HTMLSelectElement} */ (element("to")).value);
  if (dialog("transfer").returnValue === "transfer" && (await perform("transfer", { id: chosen, to }))) closeTab(chosen);
});
dialog("close").addEventListener("close", async () => {
  if (dialog("close").returnValue === "close" && (await perform("close", { id: chosen }))) closeTab(chosen);
});
