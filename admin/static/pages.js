/**
 * What the admin's pages do beyond plain HTML: fold the menu, ask before something is lost, choose many rows, copy, insert
 * codes, preview mails, say what a rule gives. Everything works without it, with one more page in between.
 */
import { asks } from "./ask.js";
import { codes } from "./codes.js";
import { dates } from "./dates.js";
import { mailPreview } from "./mail_preview.js";
import { needed } from "./needed.js";
import { showAsked } from "/static/js/questionnaire.js";
import { slots } from "./slots.js";
import { textPreview } from "./text_preview.js";

/** @type {<E extends Element = HTMLElement>(selector: string, within?: ParentNode) => E[]} */
const all = (selector, within = document) => /** @type {any[]} */ ([...within.querySelectorAll(selector)]);

for (const nav of all("[data-menu]")) menu(nav);
for (const form of all("[data-rows]")) choosing(form);
for (const details of all("details[data-closes]")) closing(/** @type {HTMLDetailsElement} */ (details));
for (const button of all("[data-copies]")) copying(button);
for (const box of all("[data-shows]")) showing(/** @type {HTMLInputElement} */ (box));
for (const form of all("[data-hands-over]")) handOver(/** @type {HTMLFormElement} */ (form));
for (const field of all("[data-choices]")) choices(/** @type {HTMLInputElement} */ (field));
for (const aside of all("[data-codes]")) codes(aside);
for (const form of all("[data-form]")) needed(/** @type {HTMLFormElement} */ (form));
for (const list of all("[data-dates]")) dates(list);
for (const aside of all("[data-given]")) slots(aside);
for (const asked of all("[data-conditions]")) trying(asked);
for (const pane of all("[data-mail-preview]")) mailPreview(pane);
for (const pane of all("[data-text-preview]")) textPreview(pane);
for (const summary of all("[data-summary]").slice(0, 1)) summary.focus();
if (!document.querySelector("[data-summary]")) all("[data-focus]")[0]?.focus();
for (const button of all("[data-print]")) button.addEventListener("click", () => print());
asks();

/** On a phone the navigation folds into a button. @param {HTMLElement} nav */
function menu(nav) {
  const button = all("[data-menu-button]", nav)[0];
  if (!button) return;
  /** @param {boolean} open */
  const set = (open) => {
    nav.toggleAttribute("data-folded", !open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.hidden = false;
  button.addEventListener("click", () => set(nav.hasAttribute("data-folded")));
  set(false);
}

/** The box in the heading chooses all rows; a line says how many are chosen. @param {HTMLElement} form */
function choosing(form) {
  const every = /** @type {HTMLInputElement | undefined} */ (all("[data-check-all]", form)[0]);
  const boxes = /** @type {HTMLInputElement[]} */ (all("[name=rowid]", form));
  const said = all("[data-chosen]", form)[0];
  if (!every || !said) return;
  const tell = () => {
    const number = boxes.filter((box) => box.checked).length;
    every.checked = number === boxes.length;
    every.indeterminate = number > 0 && !every.checked;
    said.textContent = (number ? said.dataset["some"] : said.dataset["none"])?.replace("{number}", String(number)) ?? "";
  };
  every.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}

/** A menu closes with Escape and with a click elsewhere. @param {HTMLDetailsElement} details */
function closing(details) {
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    all("summary", details)[0]?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(/** @type {Node} */ (event.target))) details.open = false;
  });
}

/** @param {HTMLElement} button */
function copying(button) {
  const source = /** @type {HTMLInputElement | undefined} */ (all("[data-snippet]")[0]);
  if (!source) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    source.select();
    try {
      await navigator.clipboard.writeText(source.value);
    } catch {
      return; // it is selected: the person copies by hand
    }
    for (const rest of all("[data-rest]", button)) rest.hidden = true;
    for (const done of all("[data-done]", button)) done.hidden = false;
  });
}

/** A questionnaire can be tried: what is answered decides what is asked. @param {HTMLElement} asked */
function trying(asked) {
  asked.addEventListener("input", () => showAsked(asked));
  showAsked(asked);
}

/** @param {HTMLInputElement} box */
function showing(box) {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById(box.dataset["shows"] ?? ""));
  box.addEventListener("change", () => {
    if (field) field.type = box.checked ? "text" : "password";
  });
}

/** The secret stands behind # and goes to the server in a form, never in an address. @param {HTMLFormElement} form */
function handOver(form) {
  const secret = location.hash.slice(1);
  if (!secret) return;
  history.replaceState(null, "", location.pathname);
  /** @type {HTMLInputElement} */ (form.elements.namedItem("token")).value = secret;
  form.submit();
}

/** Offers rows that fit what is typed, where there are too many for a list. @param {HTMLInputElement} field */
function choices(field) {
  const list = document.getElementById(field.getAttribute("list") ?? "");
  field.addEventListener("input", async () => {
    const typed = field.value;
    const answer = await fetch(`${field.dataset["choices"]}?q=${encodeURIComponent(typed)}`);
    if (!answer.ok || field.value !== typed) return;
    const { found } = /** @type {{ found: string[] }} */ (await answer.json());
    list?.replaceChildren(...found.map((name) => new Option("", name)));
  });
}
