/** One stop for the Tab key in a group of buttons; the arrow keys lead from one to the next. */

/** @typedef {(buttons: HTMLElement[], at: number, key: string) => number | undefined} Step to which button a key leads */

/**
 * @param {HTMLElement} group
 * @param {{ step?: Step }} [options]
 */
export function roves(group, { step = oneByOne } = {}) {
  group.addEventListener("keydown", (event) => {
    const buttons = buttonsOf(group);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = at < 0 || event.altKey || event.ctrlKey || event.metaKey ? undefined : step(buttons, at, turned(event.key, group));
    if (to === undefined || !buttons[to]) return;
    event.preventDefault();
    stopAt(group, buttons[to]);
    buttons[to].focus();
  });
  group.addEventListener("focusin", (event) => stopAt(group, /** @type {HTMLElement} */ (event.target)));
}

/** @param {HTMLElement} group @param {HTMLElement | undefined} chosen by default the first */
export function stopAt(group, chosen = buttonsOf(group)[0]) {
  for (const button of buttonsOf(group)) button.tabIndex = button === chosen ? 0 : -1;
}

/** @param {HTMLElement} group @returns {HTMLElement[]} */
export function buttonsOf(group) {
  return [...group.querySelectorAll("button")].filter((button) => !button.disabled);
}

/** The key as if the page ran from left to right. @param {string} key @param {HTMLElement} group */
function turned(key, group) {
  if (getComputedStyle(group).direction !== "rtl") return key;
  return { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[key] ?? key;
}

/** @type {Step} */
export function oneByOne(buttons, at, key) {
  const last = buttons.length - 1;
  /** @type {Record<string, number>} */
  const places = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
  return places[key];
}
