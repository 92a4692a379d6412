/** How many appointments fit between two times: start = from + k · (length + pause) while start + length ≤ to. */

/** @param {string} id */
const value = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id))?.value ?? "";

/** @param {string} time @param {boolean} [ends] */
function minute(time, ends = false) {
  const found = /^(\d\d):(\d\d)/.exec(time);
  if (!found) return NaN;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return ends && minutes === 0 ? 1440 : minutes;
}

function count() {
  const [length, pause] = [parseInt(value("length_minutes")), parseInt(value("gap_minutes"))];
  const span = minute(value("to_minute"), true) - minute(value("from_minute"));
  const fits = Math.floor((span - length) / (length + pause)) + 1;
  return length > 0 && pause >= 0 ? Math.max(0, fits) : NaN;
}

/** @param {HTMLElement} aside */
export function slots(aside) {
  if (!document.getElementById("from_minute")) return;
  const [number, known, unknown] = ["count", "known", "unknown"].map(
    (name) => /** @type {HTMLElement} */ (aside.querySelector(`[data-${name}]`)),
  );
  const tell = () => {
    const found = count();
    if (number) number.textContent = String(found);
    if (known) known.hidden = Number.isNaN(found);
    if (unknown) unknown.hidden = !Number.isNaN(found);
  };
  document.addEventListener("input", tell);
  tell();
}
