/** One visit's page: the talk, the facts, the call once the patient was called in, and what can be done with it. */
import { stage } from "/static/js/stage.js";
import { store } from "/static/js/store.js";
import { fill } from "/static/js/template.js";
import { dialog, live, me, now, perform, times } from "/static/desk/desk.js";
import { Talk } from "/static/desk/talk.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const id = Number(main.dataset.visit);
const badge = /** @type {HTMLElement} */ (document.getElementById("state"));
const timer = /** @type {HTMLElement} */ (document.getElementById("timer"));
let admittedAt = main.dataset.admittedAt ?? null;

const EDGES = { waiting: "is-walk-in", on_hold: "is-on-hold", admitted: "is-seen", ended: "", lost: "is-waiting", elsewhere: "is-early" };
/** Which acts a visit allows, by how it stands. @type {Record<string, string[]>} */
const ALLOWED = { waiting: ["admit"], on_hold: ["admit", "send_back"], admitted: ["hold", "send_back"], ended: [] };

const pane = document.getElementById("talk");
if (pane) new Talk(pane, Number(main.dataset.conversation));

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
  call = wanted ? stage({ root: main, live, seat: { id }, store: store() }) : undefined;
  void call?.open();
}

/** @param {boolean} shown */
function showFacts(shown) {
  facts.hidden = !shown;
  factsTool?.setAttribute("aria-pressed", String(shown));
}

factsTool?.addEventListener("click", () => showFacts(facts.hidden));

/** @param {{ id: number, gone?: boolean, status: string, connected: boolean, elsewhere: Away | null, admitted_at: string | null, admitted_by_id: number | null }} visit */
function show(visit) {
  if (visit.id !== id) return;
  const status = visit.gone ? "ended" : visit.status;
  const lost = visit.elsewhere ? "elsewhere" : "lost";
  const said = status !== "ended" && !visit.connected ? lost : status;
  showElsewhere(status === "ended" ? null : visit.elsewhere);
  admittedAt = status === "admitted" ? visit.admitted_at : null;
  badge.className = `k-badge k-push ${EDGES[/** @type {keyof EDGES} */ (said)]}`;
  fill(badge, { state: { when: said } });
  offer(status);
  hold(status === "admitted" && visit.admitted_by_id === me);
  tick();
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
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-act]"))) {
    button.hidden = !ALLOWED[status].includes(button.dataset.act ?? "");
  }
  const end = /** @type {HTMLElement | null} */ (document.querySelector("[data-end]"));
  if (end) end.hidden = status === "ended";
  if (status === "ended" && main.dataset.status !== "ended") dialog("ended").showModal();
  main.dataset.status = status;
}

live.on("visit", show);
live.follow({ catchUp: async () => show(await live.request("visit", { id })) });

function tick() {
  const seconds = admittedAt ? Math.max(0, Math.floor((now() - Date.parse(admittedAt)) / 1000)) : 0;
  timer.textContent = admittedAt ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
}
setInterval(tick, 1000);

document.addEventListener("click", (event) => {
  const act = /** @type {HTMLElement} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
  if (act) void perform(act, { id });
});
dialog("end").addEventListener("close", () => {
  if (dialog("end").returnValue === "end") void perform("end", { id });
});

for (const date of document.querySelectorAll("time[data-date]")) date.textContent = times.date(`${date.getAttribute("datetime")}T12:00:00Z`);
for (const moment of document.querySelectorAll("time[data-moment]")) moment.textContent = times.moment(moment.getAttribute("datetime") ?? "");
