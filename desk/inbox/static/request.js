/** Answers a request to be called back by a message or an invitation, after a question. */
import { clientId } from "/static/js/client_id.js";
import { dialog, perform } from "/static/desk/desk.js";

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

dialog("reply").addEventListener("close", async () => {
  const text = field.value.trim();
  if (dialog("reply").returnValue !== "send" || !text) return;
  if (await perform("answer_request", { id: asks, client_id: attempt, text })) field.value = "";
});
dialog("invitation").addEventListener("close", () => {
  if (dialog("invitation").returnValue === "send") void perform("invite_request", { id: asks });
});
