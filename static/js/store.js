/**
 * Remembers small values for this tab. In a frame of another site every storage may throw, so nothing depends on it:
 * what cannot be kept lives in memory until the page is left.
 */

/** @typedef {{ get(key: string): any, set(key: string, value: any): void, remove(key: string): void }} Store */

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {() => Storage} area asked each time, because reading the property is what throws
 * @returns {Store}
 */
export function store(area = () => sessionStorage) {
  return {
    get: (key) => parsed(attempt(() => area().getItem(key)) ?? memory.get(key)),
    set: (key, value) => keep(area, key, JSON.stringify(value)),
    remove(key) {
      memory.delete(key);
      attempt(() => area().removeItem(key));
    },
  };
}

/**
 * @param {() => Storage} area
 * @param {string} key
 * @param {string} text
 */
function keep(area, key, text) {
  const kept = attempt(() => {
    area().setItem(key, text);
    return true;
  });
  if (kept) memory.delete(key);
  else memory.set(key, text);
}

/** @param {string | undefined} text */
function parsed(text) {
  return text === undefined ? undefined : attempt(() => JSON.parse(text));
}

/**
 * @template T
 * @param {() => T} action
 * @returns {T | undefined}
 */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
