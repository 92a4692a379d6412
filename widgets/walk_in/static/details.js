/** What the clinic asks before somebody comes in, and the way in. */
import { Refused } from "/static/js/ask.js";
import { answersOf } from "/static/js/answers.js";
import { clientId } from "/static/js/client_id.js";
import { sendsInPlace } from "/static/js/form.js";
import { fill } from "/static/js/template.js";
import { spoken } from "./offers.js";
import { part } from "./views.js";

/** @typedef {import("./offers.js").Choice} Choice */

/** @param {{ address: string, visitor: import("./visitor.js").Visitor, done: (answer: any) => void }} options */
export function details({ address, visitor, done }) {
  /** @type {Choice | undefined} */
  let chosen;
  const form = part("#details");
  sendsInPlace(form, {
    send: async (values) => {
      const body = { ...entry(visitor), ...whom(chosen), ...answersOf(values) };
      return visitor.ask(address, { body }).catch(offerAnother);
    },
    done: (answer) => {
      visitor.remember({ ticket: answer.ticket, client_id: undefined, entered: false });
      form.reset();
      done(answer);
    },
  });
  return {
    /** @param {Choice} choice */
    choose(choice) {
      chosen = choice;
      const somebody = choice.practitioner !== null;
      fill(part("#chosen"), { name: somebody && choice.name, anyone: !somebody, department: spoken(choice.departmentName) });
    },
  };
}

/** A full waiting room has another way on, where the clinic offers one. @param {any} error @returns {never} */
function offerAnother(error) {
  const full = document.querySelector("#full");
  if (full instanceof HTMLElement) full.hidden = !(error instanceof Refused && error.code === "queue_full");
  throw error;
}

/** The same name until it is answered: a repeat is the same visit. @param {import("./visitor.js").Visitor} visitor */
function entry(visitor) {
  if (!visitor.memory.client_id) visitor.remember({ client_id: clientId() });
  return { client_id: visitor.memory.client_id };
}

/** @param {Choice | undefined} choice */
function whom(choice) {
  return { department: choice?.department ?? 0, practitioner: choice?.practitioner ?? null };
}
