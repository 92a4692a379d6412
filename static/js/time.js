/** Shows the server's UTC instants as clocks and calendars of a place and a language do. */

/** @typedef {string | number | Date} Instant ISO text in UTC, milliseconds or a Date */

/**
 * @param {{ locale?: string, zone?: string }} [place] by default the page's language and the visitor's own zone
 */
export function clock({ locale = document.documentElement.lang, zone } = {}) {
  const known = knownLocale(locale);
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => {
    const formatter = new Intl.DateTimeFormat(known, { timeZone: knownZone(zone), ...options });
    return (/** @type {Instant} */ instant) => formatter.format(new Date(instant));
  };
  const minutes = new Intl.NumberFormat(known, { style: "unit", unit: "minute", unitDisplay: "short" });
  const lengths = new Intl.NumberFormat(known, { style: "unit", unit: "minute", unitDisplay: "long" });
  const plural = new Intl.PluralRules(known);
  const numbers = new Intl.NumberFormat(known);
  return {
    time: format({ timeStyle: "short" }),
    date: format({ day: "numeric", month: "long", year: "numeric" }),
    day: format({ weekday: "long", day: "numeric", month: "long" }),
    weekday: format({ weekday: "long" }),
    full: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    moment: format({ dateStyle: "long", timeStyle: "short" }),
    month: format({ month: "long", year: "numeric" }),
    /** The date as 2026-12-31, where the clock stands. */
    isoDate: (/** @type {Instant} */ instant) => isoDate(instant, knownZone(zone)),
    /** @param {number} count */
    number: (count) => numbers.format(count),
    /** @param {number} count */
    minutes: (count) => minutes.format(count),
    /** @param {number} count */
    length: (count) => lengths.format(count),
    /** @param {Instant} since @param {Instant} [now] */
    waited: (since, now = Date.now()) => minutes.format(minutesBetween(since, now)),
    /** Which form of the word goes with this number: one, two, few, many, other. @param {number} count */
    plural: (count) => plural.select(count),
  };
}

/** Whole minutes that have passed, never negative. @param {Instant} since @param {Instant} now */
export function minutesBetween(since, now) {
  return Math.max(0, Math.floor((new Date(now).getTime() - new Date(since).getTime()) / 60_000));
}

/** @param {Instant} instant @param {string | undefined} zone */
function isoDate(instant, zone) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date(instant));
}

/** Plain English is the British one, as on the server. @param {string} locale @returns {string | undefined} undefined lets the browser choose */
function knownLocale(locale) {
  try {
    return Intl.getCanonicalLocales(/^en(-XA)?$/.test(locale) ? "en-GB" : locale)[0];
  } catch {
    return undefined;
  }
}

/** @param {string | undefined} zone a name this browser may be too old for */
function knownZone(zone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
