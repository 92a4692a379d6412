/** A time that is kept until it is paid: how long it still is, and what became of it, told by the server. */
import { fill } from "/static/js/template.js";

const EVERY = 3_000; // milliseconds
const two = new Intl.NumberFormat(document.documentElement.lang, { minimumIntegerDigits: 2 });
const number = new Intl.NumberFormat(document.documentElement.lang);

/**
 * @param {object} options
 * @param {HTMLElement} options.view
 * @param {import("/static/js/visitor.js").Visitor} options.visitor
 * @param {{ id: string, payment: { until: string | null } }} options.made
 * @param {() => void} options.paid
 */
export function watch({ view, visitor, made, paid }) {
  let until = Date.parse(made.payment.until ?? "");
  const timer = setInterval(tick, 1000);
  let last = 0;

  function tick() {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    fill(view, { left: { values: { left: `${number.format(Math.floor(left / 60))}:${two.format(left % 60)}` } }, nearly_over: left > 0 && left <= 60 });
    if (document.visibilityState === "visible" && Date.now() - last > EVERY) void look();
  }

  async function look() {
    last = Date.now();
    const answer = await visitor.ask(`/appointments/${encodeURIComponent(made.id)}/payment`).catch(() => undefined);
    if (!answer?.payment) return; // asked again in a moment
    const { state } = answer.payment;
    if (state === "due" || state === "started") {
      until = Date.parse(answer.payment.until);
      return;
    }
    clearInterval(timer);
    if (state === "paid" || state === "waived") paid();
    else gone();
  }

  function gone() {
    const had = view.contains(document.activeElement);
    fill(view, { open: false, gone: true });
    if (had) /** @type {HTMLElement} */ (view.querySelector("[data-slot=gone] h1")).focus();
  }

  view.querySelector("[data-afresh]")?.addEventListener("click", () => location.reload());
  tick();
}
