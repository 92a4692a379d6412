/** Answers a request to be called back by a message or an invitation, after a question. */
import { clientId } from "/static/js/client_id.js";
import { Refused } from "/static/js/ask.js";
import { clone } from "/static/js/template.js";
import { dialog, live, perform, toast, words } from "/static/desk/desk.js";
import { about } from "/static/desk/patient.js";

let asks = 0; // which conversation
let attempt = "";
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("reply-text"));

document.addEventListener("click", (event) => {
  const how = /** @type {HTMLElement} */ (event.target).closest("[data-answer]")?.getAttribute("data-answer");
  if (!how) return;
  asks = Number(location.hash.slice(1));
  attempt = clientId();
  dialog(how).returnValue = "";
  dialog(how).showModal();
});

dialog("reply").addEventListener("close", () => {
  if (dialog("reply").returnValue === "send" && field.value.trim()) void reply();
});

/** What was written stays in the field until it was sent. @param {object} [who] the person is, or is not */
async function reply(who = {}) {
  try {
    await live.request("answer_request", { id: asks, client_id: attempt, text: field.value.trim(), ...who });
    field.value = "";
  } catch (error) {
    if (error instanceof Refused && error.code === "perhaps_known") offer(/** @type {any} */ (error.answer).patients);
    else toast(error instanceof Refused ? error.message : words("unreachable"));
  }
}

/** @param {Parameters<typeof about>[0][]} patients who may be meant */
function offer(patients) {
  const list = /** @type {HTMLElement} */ (document.getElementById("alike-list"));
  list.replaceChildren(...patients.map((patient) => clone("alike-patient", {
    name: patient.name, about: about(patient), choose: { "data-alike": patient.id }, of: patient.name,
  })));
  dialog("alike").showModal();
}

dialog("alike").addEventListener("click", (event) => {
  const chosen = /** @type {HTMLElement} */ (event.target).closest("[data-alike]")?.getAttribute("data-alike");
  if (chosen === undefined || chosen === null) return;
  dialog("alike").close();
  void reply(chosen ? { patient: Number(chosen) } : { another: true });
});
dialog("invitation").addEventListener("close", () => {
  if (dialog("invitation").returnValue === "send") void perform("invite_request", { id: asks });
});
