/** The page of chat groups: what all members read, what was reported, who is in, who is invited. */
import { Refused } from "/static/js/ask.js";
import { clone, fill } from "/static/js/template.js";
import { dialog, live, perform, soon, times, words } from "/static/desk/desk.js";
import { Talk } from "/static/desk/talk.js";

/**
 * @typedef {{ id: number, name: string, state: "open" | "paused" | "closed", conversation: number, members: number, invited: number, most: number,
 *   unread: number, reports: number, moderators: string[] }} Group
 * @typedef {{ id: number, nickname: string, name: string, patient: number, state: string, mailed: boolean }} Person
 * @typedef {{ id: number, conversation: number, seq: number, by: string, words: string, text: string, author: string, private: boolean }} Report
 * @typedef {{ one: string, other: string, on: boolean, conversation: number | null }} Pair
 * @typedef {{ members: Person[], reports: Report[], talks: Pair[] }} Inside
 */

/** @param {string} id @returns {any} */
function element(id) {
  return document.getElementById(id);
}

/** @type {Group[]} */
let groups = [];
/** @type {{ id: number, pane: HTMLElement, talk: Talk } | undefined} */
let open;
/** @type {Inside} */
let inside = { members: [], reports: [], talks: [] };
/** What the reason that is asked for is about. @type {{ event: string, body: object } | undefined} */
let asked;
let loaded = false;
const list = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });

const look = soon(() => void draw(), 50);
live.follow({ catchUp: draw });
live.on("chat_group", look);
live.on("letter", look);

async function draw() {
  ({ groups } = await live.request("chat_groups"));
  loaded = true;
  element("loading").hidden = true;
  element("none").hidden = groups.length > 0;
  const focused = document.activeElement?.getAttribute("href");
  element("groups").replaceChildren(...groups.map(drawGroup));
  if (focused?.startsWith("#")) element("groups").querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  await go();
}

/** @param {Group} group */
function drawGroup(group) {
  const { id, name, state, members, most, invited, unread, reports } = group;
  return clone("group", {
    link: { href: `#${id}`, "aria-current": current() === id ? "true" : null, class: `k-case${reports ? " is-waiting" : ""}` },
    name, state: { when: state }, people: { when: "some", values: { members, most, invited } },
    unread: unread ? { class: "k-count is-waiting" } : null, unread_number: unread, reports: reports > 0, reports_number: reports,
  });
}

function current() {
  return Number(location.hash.slice(1)) || 0;
}
addEventListener("hashchange", () => void draw());

async function go() {
  const group = groups.find(({ id }) => id === current());
  element("columns").toggleAttribute("data-open", Boolean(group));
  element("choose").hidden = Boolean(group);
  if (open && open.id !== group?.id) leave();
  if (!group || !loaded) return;
  open ??= enter(group);
  const { name, state, moderators } = group;
  fill(open.pane, {
    name, state: { when: state }, led: moderators.length ? { values: { names: list.format(moderators) } } : null,
    may_open: state !== "open", may_pause: state === "open",
  });
  open.talk.read();
  await drawInside(group);
}

/** @param {Group} group */
function enter(group) {
  const pane = clone("pane");
  element("panes").append(pane);
  const talk = new Talk(pane, group.conversation);
  pane.addEventListener("click", (event) => act(event));
  return { id: group.id, pane, talk };
}

function leave() {
  open?.talk.end();
  open?.pane.remove();
  open = undefined;
}

/** @param {Group} group */
async function drawInside(group) {
  const wanted = group.reports > 0 || element("people").open;
  inside = wanted ? await live.request("chat_group", { id: group.id }) : { members: [], reports: [], talks: [] };
  if (open?.id !== group.id) return;
  open.pane.querySelector("[data-reports]")?.replaceChildren(...inside.reports.map(drawReport));
  if (element("people").open) drawPeople();
}

/** @param {Report} report */
function drawReport({ id, by, author, text, words: said, private: alone, conversation, seq }) {
  const item = clone("report", {
    what: { when: alone ? "two" : "all", values: { by, author } }, text, words: said ? { values: { words: said, by } } : null, private: alone,
  });
  Object.assign(item.dataset, { report: String(id), conversation: String(conversation), seq: String(seq), name: author });
  return item;
}

function drawPeople() {
  element("members").replaceChildren(...inside.members.map(drawPerson));
  element("pairs").replaceChildren(...inside.talks.map(drawPair));
  fill(element("people"), { empty: !inside.members.length, pairs: inside.talks.length > 0 });
}

/** @param {Person} person */
function drawPerson({ id, nickname, name, patient, state, mailed }) {
  const item = clone("person", {
    nickname: nickname || null, state: { when: state }, name, card: { href: `/desk/messages/of/${patient}` },
    unmailed: state === "invited" && !mailed, of: nickname || name, may_pause: state === "in", may_resume: state === "paused",
    may_remove: state === "in" || state === "paused", may_take_back: state === "invited", may_invite: state === "left" || state === "removed",
  });
  Object.assign(item.dataset, { member: String(id), patient: String(patient), name: nickname || name, state });
  return item;
}

/** @param {Pair} pair */
function drawPair({ one, other, conversation }) {
  const item = clone("pair", { who: { values: { one, other } }, may_read: conversation !== null });
  item.dataset.conversation = String(conversation ?? "");
  return item;
}

/** @param {Event} event */
function act(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target.closest("[data-act]"));
  if (!button || !open) return;
  const of = /** @type {HTMLElement} */ (button.closest("[data-member], [data-report], [data-patient], [data-conversation], [data-seq]") ?? button);
  const { id, talk } = open;
  const data = { ...of.dataset };
  /** @type {Record<string, () => unknown>} */
  const does = {
    people: () => openPeople(),
    turn: () => perform("turn_group", { id, state: button.dataset.state }),
    "keep-words": () => perform("keep_words", { id, report: Number(data.report) }),
    "remove-words": () => why("words", data.name ?? "", "remove_words", { id, conversation: Number(data.conversation), seq: Number(data.seq) }),
    "remove-line": () => why("words", of.querySelector("[data-slot=writer]")?.textContent ?? "", "remove_words", { id, conversation: talk.id, seq: Number(data.seq) }),
    "read-two": () => readTwo(Number(data.conversation)),
    pause: () => why("pause", data.name ?? "", "pause_member", { id, member: Number(data.member) }),
    resume: () => perform("resume_member", { id, member: Number(data.member) }),
    remove: () => remove(data),
    invite: () => invite(Number(data.patient)),
  };
  void does[button.dataset.act ?? ""]?.();
}
for (const place of ["people"]) element(place).addEventListener("click", act);

/** @param {DOMStringMap} person */
function remove({ state, member, name }) {
  const body = { id: open?.id, member: Number(member) };
  if (state === "invited") return perform("remove_member", { ...body, reason: "" });
  why("remove", name ?? "", "remove_member", body);
}

/** Ask for the reason before something is done that somebody is told. @param {string} what @param {string} name @param {string} event @param {object} body */
function why(what, name, event, body) {
  asked = { event, body };
  fill(dialog("why"), { what: { when: what, values: { name } }, reads: { values: { name } } });
  element("why-words").value = "";
  dialog("why").returnValue = "";
  dialog("why").showModal();
}
dialog("why").addEventListener("close", () => {
  const reason = element("why-words").value.trim();
  if (dialog("why").returnValue === "do" && asked && reason) void perform(asked.event, { ...asked.body, reason });
});

function openPeople() {
  element("find").value = "";
  element("finds").replaceChildren();
  fill(element("people"), { told: null });
  dialog("people").showModal();
  look();
}

const find = soon(async () => {
  const text = element("find").value.trim();
  const { patients } = text.length > 1 ? await live.request("find_for_group", { id: open?.id, text }) : { patients: [] };
  if (text !== element("find").value.trim()) return;
  fill(element("people"), { told: text.length > 1 && !patients.length ? { when: "nobody" } : null });
  element("finds").replaceChildren(...patients.map(drawFound));
}, 250);
element("find").addEventListener("input", find);

/** @param {{ id: number, name: string, birth_date: string | null }} patient */
function drawFound({ id, name, birth_date: born }) {
  const item = clone("found", { name, of: name, born: born ? { values: { date: times.date(`${born}T12:00:00Z`) } } : null });
  item.dataset.patient = String(id);
  return item;
}

/** @param {number} patient */
async function invite(patient) {
  const done = await perform("invite_to_group", { id: open?.id, patient });
  if (!done) return;
  fill(element("people"), { told: { when: done.mailed ? "mailed" : "unmailed" } });
  element("find").value = "";
  element("finds").replaceChildren();
  element("find").focus();
}

/** What two have written, read only. @param {number} conversation */
async function readTwo(conversation) {
  const lines = [];
  let page = { items: [{ changed: 0 }] };
  while (page.items.length) {
    page = await live.request("talk", { id: conversation, after: page.items.at(-1)?.changed ?? 0 });
    lines.push(...page.items);
  }
  void live.request("leave_talk", { id: conversation });
  element("two-log").replaceChildren(...lines.map((/** @type {any} */ line) => clone("two-line", {
    text: line.deleted_at ? null : line.text, gone: line.deleted_at ? { values: { time: times.moment(line.deleted_at) } } : null,
    writer: line.name, at: { text: times.moment(line.at), datetime: line.at },
  })));
  dialog("two").showModal();
}

element("new").querySelector("form").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  if (/** @type {HTMLButtonElement} */ (event.submitter)?.value !== "make") return;
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const given = new FormData(form);
  const body = {
    name: given.get("name"), description: given.get("description"), rules: given.get("rules"), names: given.has("choice") ? "choice" : "nickname",
    private_talks: given.has("private_talks"),
  };
  try {
    const { id } = await live.request("make_group", body);
    form.reset();
    dialog("new").close();
    location.hash = `#${id}`;
  } catch (error) {
    fill(element("new"), { wrong: error instanceof Refused ? error.message : words("unreachable") });
  }
});
