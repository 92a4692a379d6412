/** One visit's page: the talk, the facts, the call once the patient was called in, and what can be done with it. */
import { CallClock } from "/static/js/call_clock.js";
import { clientId } from "/static/js/client_id.js";
import { stage } from "/static/js/stage.js";
import { store } from "/static/js/store.js";
import { fill } from "/static/js/template.js";
import { dialog, live, me, now, perform, times } from "/static/desk/desk.js";
import { Talk } from "/static/desk/talk.js";
import { attachments } from "/static/desk-attachment/attachments.js";
import { questionnaires } from "/static/desk-questionnaire/questionnaires.js";
import { takingPart } from "/static/desk/taking_part.js";
import { passOn } from "/static/desk/transfer.js";
import { Ending } from "./ending.js";
import { invite } from "./invitation.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const id = Number(main.dataset.visit);
const badge = /** @type {HTMLElement} */ (document.getElementById("state"));
const timer = new CallClock(/** @type {HTMLElement} */ (document.querySelector("[data-partner]")), { now, times });
const room = JSON.parse(main.dataset.room ?? "{}");
const ending = new Ending(id);

const EDGES = { waiting: "is-walk-in", on_hold: "is-on-hold", admitted: "is-seen", ended: "", lost: "is-waiting", elsewhere: "is-early", awaited: "is-late", passed_on: "" };
/** Which acts a visit allows, by how it stands. @type {Record<string, string[]>} */
const ALLOWED = {
  waiting: ["admit", "transfer"],
  on_hold: ["admit", "send_back", "transfer"],
  admitted: ["hold", "send_back", "transfer", "lock"],
  ended: [],
  passed_on: [],
};

const lock = /** @type {HTMLInputElement | null} */ (document.getElementById("lock"));

/** What takes more than the visit's id. @type {Record<string, (data: { id: number }) => unknown>} */
const ACTS = {
  transfer: () => passOn(
    { id, name: main.dataset.name ?? "", department_id: Number(main.dataset.department) },
    () => location.assign("/desk/waiting-room"),
  ),
};

const pane = document.getElementById("talk");
if (pane) new Talk(pane, Number(main.dataset.conversation));

const asked = document.getElementById("asked");
const attached = document.getElementById("attached");
/** @type {ReturnType<typeof stage> | undefined} */
let call;
const factsTool = /** @type {HTMLElement} */ (document.getElementById("show-facts"));
const facts = /** @type {HTMLElement} */ (document.getElementById("facts"));

/** Picture and sound are for whoever has called the patient in, as long as they are with each other. @param {boolean} wanted */
function hold(wanted) {
  if (wanted === Boolean(call)) return;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-calling]"))) part.hidden = !wanted;
  showFacts(!wanted);
  call?.close();
  call = wanted ? stage({ root: main, live, room, visit: String(id), seat: { id }, store: store() }) : undefined;
  void call?.open();
}

/** @param {boolean} shown */
function showFacts(shown) {
  facts.hidden = !shown;
  factsTool?.setAttribute("aria-pressed", String(shown));
}

factsTool?.addEventListener("click", () => showFacts(facts.hidden));

/**
 * @typedef {{ id: number, gone?: boolean, passed_on?: boolean, status: string, connected: boolean, awaited: boolean,
 *   locked: boolean, elsewhere: Away | null, admitted_at: string | null, admitted_by_id: number | null }} Visit
 */

/** @param {Visit} visit */
function statusOf({ gone, passed_on: passed, status }) {
  if (gone) return passed ? "passed_on" : "ended";
  return status;
}

/** @param {Visit} visit @param {string} status */
function wordOf(visit, status) {
  if (visit.gone) return status;
  if (visit.awaited) return "awaited";
  if (visit.connected) return status;
  return visit.elsewhere ? "elsewhere" : "lost";
}

/** @param {Visit} visit */
function show(visit) {
  if (visit.id !== id) return;
  const status = statusOf(visit);
  const said = wordOf(visit, status);
  if (asked) void questionnaires(asked, `/desk/questionnaires/visit/${id}`);
  if (attached) void attachments(attached, `/desk/attachments/visit/${id}`);
  showElsewhere(visit.gone ? null : visit.elsewhere);
  const admittedAt = status === "admitted" ? visit.admitted_at : null;
  timer.run(admittedAt ? Date.parse(admittedAt) : null);
  badge.className = `k-badge k-push ${EDGES[/** @type {keyof EDGES} */ (said)]}`;
  fill(badge, { state: { when: said } });
  offer(status);
  if (lock) lock.checked = visit.locked;
  void invite(visit);
  hold(status === "admitted" && visit.admitted_by_id === me);
}

/** @typedef {{ until: string, called_at: string | null }} Away a patient who waits without the page */

/** @param {Away | null} away */
function showElsewhere(away) {
  const banner = document.getElementById("elsewhere");
  if (!banner) return;
  banner.hidden = !away;
  const called = away?.called_at ? { when: "called", values: { time: times.time(away.called_at) } } : { when: "waits" };
  fill(banner, { elsewhere: called });
}

document.getElementById("call-back")?.addEventListener("click", () => void perform("call_back", { id }));

/** @param {string} status */
function offer(status) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-act], [data-with]"))) {
    part.hidden = !ALLOWED[status].includes(part.dataset.act ?? part.dataset.with ?? "");
  }
  const over = ALLOWED[status].length === 0;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-end], [data-more]"))) part.hidden = over;
  if (status === "passed_on" && main.dataset.status !== "passed_on") dialog("passed-on").showModal();
  if (status === "ended") void ending.over({ now: main.dataset.status !== "ended" });
  main.dataset.status = status;
}

live.on("visit", show);
live.follow({ catchUp: async () => show(await live.request("visit", { id })) });
live.follow({ catchUp: () => takingPart({ visit: id }) });

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
  const act = button?.getAttribute("data-act");
  if (act) button?.closest("dialog")?.close();
  if (act) void (ACTS[act] ?? ((data) => perform(act, data)))({ id });
});
lock?.addEventListener("change", async () => {
  const locked = lock.checked;
  if (!(await perform("lock", { id, locked }))) lock.checked = !locked;
});
document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-quick]");
  if (!(button instanceof HTMLElement)) return;
  void perform("notify", { client_id: clientId(), ids: [id], quick_text: Number(button.dataset.quick) });
  button.closest("details")?.removeAttribute("open");
});

for (const date of document.querySelectorAll("time[data-date]")) date.textContent = times.date(`${date.getAttribute("datetime")}T12:00:00Z`);
for (const moment of document.querySelectorAll("time[data-moment]")) moment.textContent = times.moment(moment.getAttribute("datetime") ?? "");
