/** The codes beside a mail's text: a click puts one where the cursor was; the list follows the kind of mail. */

/** @param {HTMLElement} aside */
export function codes(aside) {
  const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#subject, #body")]);
  let last = fields.at(-1);
  for (const field of fields) field.addEventListener("focus", () => (last = field));
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (aside.querySelectorAll("[data-insert]"))) {
    if (!last) break;
    button.hidden = false;
    const plain = /** @type {HTMLElement | null} */ (button.parentElement?.querySelector("[data-plain]"));
    if (plain) plain.hidden = true;
    button.addEventListener("click", () => last && insert(last, button.dataset["insert"] ?? ""));
  }
  const kind = /** @type {HTMLSelectElement | null} */ (document.getElementById("kind"));
  kind?.addEventListener("change", () => follow(aside, kind.value));
  if (kind) follow(aside, kind.value);
}

/** @param {HTMLInputElement} field @param {string} code */
function insert(field, code) {
  field.setRangeText(code, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, "end");
  field.focus();
}

/** @param {HTMLElement} aside @param {string} kind */
function follow(aside, kind) {
  for (const list of /** @type {NodeListOf<HTMLDetailsElement>} */ (aside.querySelectorAll("[data-kind]"))) {
    list.open = list.dataset["kind"] === kind;
    list.hidden = kind !== "" && !list.open;
  }
}
