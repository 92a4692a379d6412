/**
 * Fills the server's <template> elements. Words stay in the server's HTML; scripts bring only values.
 *
 * A slot (`data-slot="name"`) takes: text · a boolean (shown or hidden) · null (hidden) · an object of attributes with
 * - `text`: the text;
 * - `when`: which of its children marked `data-when="…"` is shown, for words that depend on a state;
 * - `values`: what stands in the sentence of `data-text="{name} is waiting"`, on the slot or on the shown child.
 */

/**
 * @typedef {string | number | boolean | null | undefined} Plain
 * @typedef {{ text?: Plain, when?: Plain, values?: Record<string, Plain>, [attribute: string]: any }} Detailed
 * @typedef {Record<string, Plain | Detailed>} Slots
 */

const FORBIDDEN = /^(on|style$|srcdoc$)/i;
const ADDRESS = /^(href|src|action|formaction|poster)$/i;
const SAFE_ADDRESS = /^(https?|mailto|tel|sms|blob):$/;

/**
 * @param {string} id of the <template>
 * @param {Slots} [slots]
 * @param {Document | Element} [root]
 * @returns {HTMLElement} a copy of its one element
 */
export function clone(id, slots = {}, root = document) {
  const template = root.querySelector(`template#${CSS.escape(id)}`);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
  const copy = document.importNode(template.content, true).firstElementChild;
  return fill(/** @type {HTMLElement} */ (copy), slots);
}

/**
 * @param {HTMLElement} element itself a slot, or holding some
 * @param {Slots} slots those that are not named stay as they are
 */
export function fill(element, slots) {
  for (const slot of slotsOf(element)) {
    const name = slot.dataset.slot ?? "";
    if (name in slots) put(slot, slots[name]);
  }
  return element;
}

/** @param {HTMLElement} element @returns {HTMLElement[]} */
function slotsOf(element) {
  const inside = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("[data-slot]")]);
  return element.dataset.slot ? [element, ...inside] : inside;
}

/** @param {HTMLElement} slot @param {Plain | Detailed} value */
function put(slot, value) {
  slot.hidden = value === null || value === undefined || value === false;
  if (slot.hidden || value === true) return;
  if (typeof value === "object" && value) putDetails(slot, value);
  else slot.textContent = String(value);
}

/** @param {HTMLElement} slot @param {Detailed} details */
function putDetails(slot, { text, when, values, ...attributes }) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(slot, name, value);
  const shown = when === undefined ? slot : choose(slot, String(when));
  if (values && shown?.dataset.text !== undefined) say(shown, values);
  if (text !== undefined) slot.textContent = String(text ?? "");
}

/** @param {HTMLElement} slot @param {string} state @returns {HTMLElement | undefined} the child that is shown */
function choose(slot, state) {
  let shown;
  for (const choice of /** @type {HTMLElement[]} */ ([...slot.querySelectorAll("[data-when]")])) {
    choice.hidden = choice.dataset.when !== state;
    if (!choice.hidden) shown = choice;
  }
  return shown;
}

/**
 * Puts values into the server's sentence, each isolated: a name may run the other way than the sentence.
 * @param {HTMLElement} element
 * @param {Record<string, Plain>} values
 */
export function say(element, values) {
  const parts = (element.dataset.text ?? "").split(/\{(\w+)\}/);
  element.replaceChildren(...parts.map((part, index) => (index % 2 ? isolated(values[part]) : part)));
}

/** @param {Plain} value */
function isolated(value) {
  const element = document.createElement("bdi");
  element.textContent = String(value ?? "");
  return element;
}

/** @param {Element} element @param {string} name @param {any} value */
function setAttribute(element, name, value) {
  if (FORBIDDEN.test(name) || (ADDRESS.test(name) && !isSafe(value))) throw new Error(`refused ${name}`);
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {any} address */
function isSafe(address) {
  return address === null || SAFE_ADDRESS.test(new URL(String(address), document.baseURI).protocol);
}
