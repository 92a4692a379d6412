/** A list of dates grows: as soon as its last one is filled in, an empty one follows. */

/** @param {HTMLElement} list */
export function dates(list) {
  list.addEventListener("input", () => {
    const items = [...list.children];
    const last = items[items.length - 1];
    const field = last?.querySelector("input");
    if (!last || !field?.value) return;
    const next = /** @type {HTMLElement} */ (last.cloneNode(true));
    const empty = next.querySelector("input");
    if (empty) empty.value = "";
    list.append(next);
  });
}
