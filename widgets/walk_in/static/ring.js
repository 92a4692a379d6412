/** Asking the clinic for a telephone call when picture and sound fail. */
import { Refused } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { fill } from "/static/js/template.js";
import { part } from "./views.js";

/** @param {import("/static/js/connect.js").Connection} connection */
export function askForCall(connection) {
  const id = clientId(); // pressed twice is one request
  fill(part("#ring"), { wrong: null, unreachable: false });
  part("[data-do=no-ring]").onclick = () => part("#ring").close();
  part("#ring-form").onsubmit = (/** @type {Event} */ event) => void send(event, connection, id);
  part("#ring").showModal();
}

/** @param {Event} event @param {import("/static/js/connect.js").Connection} connection @param {string} id */
async function send(event, connection, id) {
  event.preventDefault();
  fill(part("#ring"), { wrong: null, unreachable: false });
  try {
    await connection.request("call_me", { client_id: id, phone: part("#ring-number").value });
    part("#ring").close();
  } catch (error) {
    const said = error instanceof Refused ? (error.fields.phone ?? error.message) : null;
    fill(part("#ring"), { wrong: said, unreachable: !said });
    part("#ring-number").focus();
  }
}
