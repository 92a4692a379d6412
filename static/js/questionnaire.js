/** The answers that stand in a questionnaire's fields, and which of its items they leave to be asked. */

/** @typedef {Record<string, string | string[]>} Answers by the item's key; several choices as a list */

/** @param {HTMLElement} root @returns {Answers} */
export function answersIn(root) {
  /** @type {Answers} */
  const answers = {};
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll("[name^='answers.']"))) {
    const key = field.name.slice("answers.".length);
    if (field.type === "checkbox") answers[key] = [...(answers[key] ?? []), ...(field.checked ? [field.value] : [])];
    else if (field.type !== "radio" || field.checked) answers[key] = field.value;
  }
  return answers;
}

/** Shows what is asked after these answers and puts the rest away. @param {HTMLElement} root */
export function showAsked(root) {
  const answers = answersIn(root);
  const open = new Set();
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-item]"))) {
    const { if: key, is: wanted } = item.dataset;
    item.hidden = key !== undefined && !(open.has(key) && [answers[key]].flat().includes(wanted ?? ""));
    const page = /** @type {HTMLElement | null | undefined} */ (item.parentElement?.closest("[data-page]"));
    if (!item.hidden && (!page || open.has(page.dataset.item))) open.add(item.dataset.item);
  }
}
