/** A patient's messages and ways in: what is asked of the server is done, and the page is drawn anew. */
import { fill } from "/static/js/template.js";
import { dialog, perform, times } from "/static/desk/desk.js";

const card = /** @type {HTMLElement} */ (document.getElementById("card"));
const patient = Number(card.dataset.patient);
const shown = /** @type {HTMLElement} */ (document.getElementById("shown"));
const mailed = /** @type {HTMLElement} */ (document.getElementById("mailed"));
let link = "";
/** @type {() => Promise<unknown>} */
let wanted = () => Promise.resolve();

for (const place of /** @type {NodeListOf<HTMLTimeElement>} */ (card.querySelectorAll("[data-moment]"))) place.textContent = times.moment(place.dateTime);

card.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-act]"));
  if (button) void ACTS[button.dataset.act ?? ""]?.(button.dataset);
});

/** @type {Record<string, (asked: DOMStringMap) => unknown>} */
const ACTS = {
  begin,
  switch: ({ on }) => (on === "true" ? switchTo(true) : sure("switch", () => switchTo(false))),
  revoke: ({ id }) => sure("revoke", () => again("revoke", { id: Number(id) })),
  authorise: ({ kind = "", mailed: byMail }) => authorise(kind, byMail === "true"),
  result: tellOfResult,
  copy,
  print: () => print(),
  done: () => location.reload(),
};

/** @param {boolean} on */
function switchTo(on) {
  return again("switch_letters", { id: patient, on });
}

async function tellOfResult() {
  mailed.hidden = !(await perform("tell_of_result", { id: patient }));
}

async function begin() {
  const made = await perform("begin_letters", { id: patient });
  if (made) location.href = `/desk/messages#${made.id}`;
}

/** @param {string} event @param {object} body */
async function again(event, body) {
  if (await perform(event, body)) location.reload();
}

/** @param {string} kind @param {boolean} byMail */
async function authorise(kind, byMail) {
  const given = await perform("authorise", { id: patient, kind, mailed: byMail });
  if (!given) return;
  mailed.hidden = !byMail;
  const badge = /** @type {HTMLElement} */ (document.getElementById("authorised"));
  badge.classList.add("is-on-time");
  fill(badge, { authorised: { when: "yes" } });
  if (!byMail) show(given, kind);
}

/** @param {{ link: string, size: number, path: string, until: string }} given @param {string} kind */
function show(given, kind) {
  ({ link } = given);
  fill(shown, { link, until: kind === "code" ? { values: { time: times.moment(given.until) } } : null, copied: { when: "no" } });
  shown.querySelector("svg.desk-code")?.setAttribute("viewBox", `0 0 ${given.size} ${given.size}`);
  shown.querySelector("svg.desk-code path")?.setAttribute("d", given.path);
  shown.hidden = false;
  shown.focus();
}

async function copy() {
  const done = await navigator.clipboard.writeText(link).then(() => true, () => false);
  fill(shown, { copied: { when: done ? "yes" : "no" } });
}

/** @param {string} what @param {() => Promise<unknown>} work */
function sure(what, work) {
  wanted = work;
  fill(dialog("sure"), { what: { when: what }, why: { when: what } });
  dialog("sure").returnValue = "";
  dialog("sure").showModal();
}
dialog("sure").addEventListener("close", () => {
  if (dialog("sure").returnValue === "yes") void wanted();
});
