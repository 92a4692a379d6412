/** One decision a page: shows one view at a time and leads the focus to its title. */

/** @param {string} name @param {{ focus?: boolean }} [options] */
export function show(name, { focus = true } = {}) {
  for (const view of /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-view]")])) {
    view.hidden = view.dataset.view !== name;
  }
  if (focus) /** @type {HTMLElement | null} */ (document.querySelector(`[data-view="${name}"] h1`))?.focus();
}

/** @param {string} selector @returns {any} an element that the server's HTML always has */
export function part(selector) {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`no ${selector}`);
  return element;
}
