/**
 * Sends a form without leaving the page. What was typed always stays; what the server refuses is said in a summary at the
 * top, which takes the focus, and again at each field.
 *
 * The server's HTML holds all words: inside the form `[data-summary]` (hidden, tabindex -1) with an empty `<ul>` and
 * perhaps `[data-slot=message]`; `[data-unreachable]` (hidden) for when no answer came; `<template data-error>` for the
 * line at a field, with `[data-slot=text]`; in the button `[data-rest]` and `[data-busy]` (hidden). A field of several
 * inputs, such as a date, is one element with `data-field="name"`.
 */
import { Refused } from "./ask.js";
import { fill } from "./template.js";

/**
 * @typedef {object} Options
 * @property {(values: FormData) => Promise<any>} send rejects with Refused, or anything else when no answer came
 * @property {(answer: any) => void} done
 */

/** @param {HTMLFormElement} form @param {Options} options */
export function sendsInPlace(form, options) {
  form.setAttribute("novalidate", "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isBusy(form)) void submit(form, options);
  });
}

/** @param {HTMLFormElement} form @param {Options} options */
async function submit(form, { send, done }) {
  clear(form);
  setBusy(form, true);
  try {
    const answer = await send(new FormData(form));
    setBusy(form, false);
    done(answer);
  } catch (error) {
    setBusy(form, false);
    if (error instanceof Refused) refuse(form, error);
    else unreachable(form);
  }
}

/**
 * Shows what the server refused.
 * @param {HTMLFormElement} form
 * @param {{ fields: Record<string, string>, message: string }} refused
 */
export function refuse(form, { fields, message }) {
  const summary = /** @type {HTMLElement | null} */ (form.querySelector("[data-summary]"));
  const links = inOrder(form, Object.keys(fields)).map((name) => mark(form, name, fields[name]));
  if (!summary) return;
  fill(summary, { message: message || null });
  summary.querySelector("ul")?.replaceChildren(...links);
  summary.hidden = false;
  summary.focus();
}

/** Takes away every sign of an earlier refusal. @param {HTMLFormElement} form */
export function clear(form) {
  hide(form, "[data-summary]", true);
  hide(form, "[data-unreachable]", true);
  for (const error of form.querySelectorAll("[data-error-of]")) unmark(form, /** @type {HTMLElement} */ (error));
}

/** @param {HTMLFormElement} form */
function unreachable(form) {
  hide(form, "[data-unreachable]", false);
}

/**
 * Says at a field what is wrong with it; gives the summary's line.
 * @param {HTMLFormElement} form @param {string} name @param {string} words
 */
function mark(form, name, words) {
  const { place, controls } = fieldOf(form, name);
  if (controls.length && place) place.before(errorLine(form, name, words));
  for (const control of controls) describe(control, errorId(form, name));
  if (controls.length) controls[0].id ||= `${errorId(form, name)}-input`;
  return summaryLine(named(controls[0], words), controls[0]);
}

/** "This is needed." says nothing in a summary: the field's own label stands before it. @param {HTMLElement | undefined} control @param {string} words */
function named(control, words) {
  const label = control?.closest(".k-field")?.querySelector(".k-label")?.firstChild?.textContent?.trim();
  return label ? `${label}: ${words}` : words;
}

/** As the fields stand on the page, whatever order the answer has. @param {HTMLFormElement} form @param {string[]} names */
function inOrder(form, names) {
  const controls = [...form.elements];
  const place = (/** @type {string} */ name) => controls.indexOf(fieldOf(form, name).controls[0]);
  return names.sort((a, b) => place(a) - place(b));
}

/** @param {HTMLFormElement} form @param {HTMLElement} error */
function unmark(form, error) {
  for (const control of fieldOf(form, error.dataset.errorOf ?? "").controls) {
    const others = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== error.id);
    control.removeAttribute("aria-invalid");
    if (others.length) control.setAttribute("aria-describedby", others.join(" "));
    else control.removeAttribute("aria-describedby");
  }
  error.remove();
}

/**
 * The inputs of a field and the element that its error stands before. The server may name a field within another
 * (`patient.email`), the form by its last part.
 * @param {HTMLFormElement} form @param {string} name
 * @returns {{ place?: Element, controls: HTMLElement[] }}
 */
function fieldOf(form, name) {
  const last = CSS.escape(name.split(".").pop() ?? "");
  const group = form.querySelector(`[data-field="${last}"]`);
  const found = group
    ? group.querySelectorAll("input, select, textarea")
    : form.querySelectorAll(`[name="${CSS.escape(name)}"], [name="${last}"]`);
  const controls = /** @type {HTMLElement[]} */ ([...found]);
  return { place: childOf(group ?? controls[0]?.closest(".k-field"), controls[0]), controls };
}

/** @param {Element | null | undefined} field @param {Element | undefined} control @returns {Element | undefined} */
function childOf(field, control) {
  let element = control;
  while (element?.parentElement && field && element.parentElement !== field) element = element.parentElement;
  return element;
}

/** @param {HTMLFormElement} form @param {string} name @param {string} words */
function errorLine(form, name, words) {
  const template = /** @type {HTMLTemplateElement | null} */ (form.querySelector("template[data-error]"));
  const line = /** @type {HTMLElement} */ (
    template?.content.firstElementChild?.cloneNode(true) ?? document.createElement("p")
  );
  line.id = errorId(form, name);
  line.dataset.errorOf = name;
  if (template) fill(line, { text: words });
  else line.textContent = words;
  return line;
}

/** @param {HTMLFormElement} form @param {string} name */
function errorId(form, name) {
  // Not form.id: an input named "id" would stand before it.
  return `${form.getAttribute("id") ?? "form"}-${name}-error`;
}

/** @param {HTMLElement} control @param {string} id */
function describe(control, id) {
  control.setAttribute("aria-invalid", "true");
  const others = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", others ? `${id} ${others}` : id);
}

/** @param {string} words @param {HTMLElement | undefined} control */
function summaryLine(words, control) {
  const line = document.createElement("li");
  line.append(control ? link(words, control) : words);
  return line;
}

/** @param {string} words @param {HTMLElement} control */
function link(words, control) {
  const element = document.createElement("a");
  element.textContent = words;
  element.href = `#${control.id}`;
  // The address may hold a one-time token behind the #.
  element.addEventListener("click", (event) => {
    event.preventDefault();
    control.focus();
  });
  return element;
}

/** @param {HTMLFormElement} form */
function isBusy(form) {
  return form.getAttribute("aria-busy") === "true";
}

/** @param {HTMLFormElement} form @param {boolean} busy */
function setBusy(form, busy) {
  form.setAttribute("aria-busy", String(busy));
  const button = form.querySelector("button[type=submit], button:not([type])");
  button?.setAttribute("aria-busy", String(busy));
  button?.setAttribute("aria-disabled", String(busy));
  hide(button, "[data-rest]", busy);
  hide(button, "[data-busy]", !busy);
}

/** @param {Element | null} root @param {string} selector @param {boolean} hidden */
function hide(root, selector, hidden) {
  const element = /** @type {HTMLElement | null | undefined} */ (root?.querySelector(selector));
  if (element) element.hidden = hidden;
}
