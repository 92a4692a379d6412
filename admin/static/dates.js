/** A list of dates has one empty place at its end: as soon as that is filled in, the next follows. */

/** @param {HTMLElement} list */
export function dates(list) {
  while (list.children.length > 1 && isEmpty(list.children[list.children.length - 2])) list.lastElementChild?.remove();
  list.addEventListener("input", () => {
    const last = list.lastElementChild;
    if (last && !isEmpty(last)) list.append(emptied(last));
  });
}

/** @param {Element | undefined} item */
const isEmpty = (item) => !item?.querySelector("input")?.value;

/** @param {Element} item */
function emptied(item) {
  const next = /** @type {Element} */ (item.cloneNode(true));
  const field = next.querySelector("input");
  if (field) field.value = "";
  return next;
}
