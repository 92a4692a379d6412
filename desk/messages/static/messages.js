/** The page of messages with patients: who has written, and the conversations that are open side by side. */
import { store } from "/static/js/store.js";
import { Stream } from "/static/js/stream.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, me, perform, soon, times } from "/static/desk/desk.js";
import { Talk } from "/static/desk/talk.js";

/**
 * @typedef {{ id: number, seq: number, gone?: boolean, patient: number, name: string, with: string, mine: (number | null)[],
 *   unread: number, last_at: string, on: boolean }} Letter
 */

const OPENED = `desk-messages-${me}`;
const kept = store();
/** @type {Map<number, Letter>} */
const rows = new Map();
/** @type {Map<number, { pane: HTMLElement, talk: Talk }>} */
const opened = new Map();
let loaded = false;
let asks = 0; // about which conversation a dialog asks

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
const search = /** @type {HTMLInputElement} */ (element("search"));
const onlyUnread = /** @type {HTMLInputElement} */ (element("only-unread"));

const draw = soon(render);
/** @type {Stream<Letter>} */
const stream = new Stream({
  page: async (after) => {
    const page = await live.request("letters", { after });
    if (!page.more) setLoaded();
    draw();
    return page;
  },
  apply(row) {
    if (row.gone) rows.delete(row.id);
    else rows.set(row.id, row);
    draw();
  },
});
live.on("letter", (row) => stream.receive(row));
live.follow(stream);

function setLoaded() {
  if (loaded) return;
  loaded = true;
  for (const id of kept.get(OPENED) ?? []) if (rows.has(id) || stream.seq) openTab(id);
  go();
}

/* The list */
/** @param {Letter} row */
function fits(row) {
  const text = search.value.trim().toLocaleLowerCase();
  return (!text || `${row.name} ${row.with}`.toLocaleLowerCase().includes(text)) && (!onlyUnread.checked || row.unread > 0);
}

/** What is unread first, then the latest. @param {Letter} a @param {Letter} b */
function byNews(a, b) {
  return Number(b.unread > 0) - Number(a.unread > 0) || b.last_at.localeCompare(a.last_at);
}

function render() {
  const wanted = [...rows.values()].filter(fits).sort(byNews);
  const list = element("letters");
  const before = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((item) => [Number(item.dataset.id), item]));
  let place = list.firstElementChild;
  for (const row of wanted) {
    const item = before.get(row.id) ?? clone("letter");
    item.dataset.id = String(row.id);
    before.delete(row.id);
    putItem(item, row);
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  for (const item of before.values()) item.remove();
  element("loading").hidden = loaded;
  element("nothing").hidden = !loaded || wanted.length > 0 || rows.size === 0;
  element("none").hidden = !loaded || rows.size > 0;
  drawTabs();
}

/** @param {HTMLElement} item @param {Letter} row */
function putItem(item, row) {
  fill(item, {
    link: { href: `#${row.id}`, "aria-current": current() === row.id ? "true" : null, class: `k-case${row.unread ? " is-waiting" : ""}` },
    initials: initials(row.name),
    name: row.name,
    with: { values: { name: row.with } },
    time: times.isoDate(row.last_at) === times.isoDate(Date.now()) ? times.time(row.last_at) : times.moment(row.last_at),
    off: !row.on,
    ...unreadOf(row),
  });
}

/** @param {Letter | undefined} row */
function unreadOf(row) {
  return { unread: row?.unread ? { class: "k-count is-waiting" } : null, unread_number: row?.unread ?? 0 };
}

/** @param {string} name */
function initials(name) {
  const letters = name.split(/[\s.]+/).map((word) => word[0] ?? "").filter((letter) => letter.toLocaleUpperCase() === letter);
  return letters.join("").slice(0, 2) || "–";
}
search.addEventListener("input", render);
onlyUnread.addEventListener("change", render);

/* Opened conversations */
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
  const field = /** @type {HTMLElement} */ (pane.querySelector("#answer"));
  field.id = `answer-${id}`;
  pane.querySelector("label[for=answer]")?.setAttribute("for", field.id);
  element("panes").append(pane);
  const talk = new Talk(pane, id);
  opened.set(id, { pane, talk });
  pane.addEventListener("click", (event) => act(event, id));
  pane.hidden = id !== current();
  remember();
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
  element("tabs").hidden = opened.size < 2;
  element("tabs").replaceChildren(...[...opened].map(([id, tab]) => drawTab(id, tab)));
}

/** @param {number} id @param {{ pane: HTMLElement }} tab */
function drawTab(id, { pane }) {
  const row = rows.get(id);
  const name = row?.name ?? "";
  if (row) {
    fill(pane, {
      of: name, with: { values: { name: row.with } }, can_join: !row.mine.includes(me), can_delete: true, card: { href: `/desk/messages/of/${row.patient}` },
    });
  }
  return clone("tab", { link: { href: `#${id}`, "aria-current": id === current() ? "true" : null }, name, ...unreadOf(row) });
}

/** @param {Event} event @param {number} id */
function act(event, id) {
  const name = /** @type {HTMLElement} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
  if (name === "leave") closeTab(id);
  else if (name === "join") void perform("join_letters", { id });
  else if (name === "delete") {
    asks = id;
    fill(dialog("delete"), { title: { values: { name: rows.get(id)?.name ?? "" } } });
    dialog("delete").returnValue = "";
    dialog("delete").showModal();
  }
}

document.getElementById("delete")?.addEventListener("close", () => {
  if (dialog("delete").returnValue === "delete") void perform("delete_history", { id: asks });
});
