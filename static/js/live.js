/**
 * Speaks to people who listen to the page. Polite news come at most once in a while and only when they changed, for a
 * queue that moves every few seconds would never be silent; what matters now is said at once.
 */

/**
 * One per topic, so that a busy topic does not hold back another.
 * @param {{ every?: number, root?: HTMLElement }} [options] milliseconds between two polite sentences
 */
export function announcer({ every = 60_000, root = document.body } = {}) {
  const polite = region(root, "status");
  const assertive = region(root, "alert");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let last = -Infinity;
  let waiting = "";

  const speak = () => {
    timer = undefined;
    if (waiting === polite.textContent) return;
    polite.textContent = waiting;
    last = performance.now();
  };

  return {
    /** @param {string} text the newest replaces what was not said yet */
    say(text) {
      waiting = text;
      timer ??= setTimeout(speak, Math.max(0, last + every - performance.now()));
    },
    /** @param {string} text */
    sayNow(text) {
      // The same words twice are spoken twice only when they were gone in between.
      assertive.textContent = "";
      setTimeout(() => void (assertive.textContent = text), 50);
    },
    stop() {
      clearTimeout(timer);
      polite.remove();
      assertive.remove();
    },
  };
}

/** @param {HTMLElement} root @param {string} role */
function region(root, role) {
  const element = document.createElement("div");
  element.className = "k-sr";
  element.setAttribute("role", role);
  root.append(element);
  return element;
}
