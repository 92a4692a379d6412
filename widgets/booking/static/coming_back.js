/** Where somebody was when the site's next page came, kept in this frame of this tab while the panel stands open, and no longer. */
import { isGreeted } from "/embed/frame.js";
import { finish } from "/embed/memory.js";
import { store } from "/static/js/store.js";

/** @typedef {{ day: string, who: string, kind: string, typed: [string, string][] }} Spot */

const key = `konsulto:${document.querySelector("meta[name=konsulto-widget]")?.getAttribute("content")}:spot`;
const kept = store();
let begun = false;

/** @param {{ form: HTMLFormElement, spot: () => Omit<Spot, "typed">, restore: (spot: Spot) => void }} options */
export function comingBack({ form, spot, restore }) {
  const remember = () => {
    if (isGreeted() && begun) kept.set(key, { ...spot(), typed: [...new FormData(form)].filter(([, value]) => typeof value === "string" && value) });
  };
  form.addEventListener("input", remember);
  document.addEventListener("konsulto:open", () => (begun = true));
  document.addEventListener("konsulto:close", () => begun && forget());
  document.addEventListener("konsulto:again", () => {
    const before = kept.get(key);
    if (!before) return;
    for (const [name, value] of before.typed) type(form, name, value);
    restore(before);
  });
  return { remember, done };
}

function forget() {
  begun = false;
  kept.remove(key);
}

/** It is booked: the next page shows no panel. */
function done() {
  forget();
  finish();
}

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function type(form, name, value) {
  for (const field of /** @type {HTMLInputElement[]} */ ([...form.elements])) {
    if (field.name !== name) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked ||= field.value === value;
    else field.value = value;
  }
}
