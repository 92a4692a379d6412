/** The form that begins a consultation at once: a patient who is known or a new one, and in. */
import { Refused } from "/static/js/ask.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { live } from "/static/desk/desk.js";
import { choosesParticipants, invited } from "/static/desk/participants.js";
import { askWhetherSame, choosesPatient, whom } from "/static/desk/patient.js";

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("quick"));
// One for all attempts of this page: an answer that was lost on the way can never become a second consultation.
const attempt = clientId();

/** @param {FormData} values */
async function send(values) {
  const body = { client_id: attempt, department: Number(values.get("department")), mail: values.has("mail"), ...whom(values), ...invited() };
  try {
    return await live.request("start_quick", body);
  } catch (error) {
    if (error instanceof Refused && error.code === "perhaps_known") return { alike: error.answer };
    throw error;
  }
}

/** @param {any} answer */
function done({ alike, uid }) {
  if (alike) askWhetherSame(alike.patients);
  else location.assign(`/desk/visit/${uid}`);
}

if (form) {
  choosesPatient(form);
  choosesParticipants();
  live.follow({
    catchUp: async () => {
      // Sent before this, the browser would put what was typed into the address, or nobody would hear it.
      /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]")).disabled = false;
    },
  });
  sendsInPlace(form, { send, done });
}
