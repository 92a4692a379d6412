/** Fields marked with `data-when` and `data-is` are there while the field they name has one of these values. */

/** @param {HTMLFormElement} form */
export function needed(form) {
  const groups = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-when]")]);
  const tell = () => groups.forEach((group) => put(group, fits(form, group)));
  form.addEventListener("change", tell);
  tell();
}

/** @param {HTMLFormElement} form @param {HTMLElement} group */
function fits(form, group) {
  const field = form.elements.namedItem(group.dataset["when"] ?? "");
  return field instanceof HTMLSelectElement && (group.dataset["is"] ?? "").split(" ").includes(field.value);
}

/** What is put away is not sent: the server then takes what the rule needs. @param {HTMLElement} group @param {boolean} there */
function put(group, there) {
  group.hidden = !there;
  const controls = group.querySelectorAll("input, select, textarea");
  for (const control of controls) control.toggleAttribute("disabled", !there);
}
