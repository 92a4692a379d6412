/** Camera, microphone and sound tried before the waiting room opens: the waiting room's own check, lent to this page. */
import { DeviceCheck } from "/static/js/device_check.js";
import { part } from "/static/widgets-walk_in/views.js";

/** @type {DeviceCheck | undefined} */
let checking;
/** @type {HTMLElement | undefined} where it belongs */
let home;

/** @param {HTMLElement} holder */
export function lend(holder) {
  const panel = part("#check");
  if (panel.parentElement === holder) return;
  home ??= /** @type {HTMLElement} */ (panel.parentElement);
  holder.append(panel);
  checking ??= new DeviceCheck(panel);
  panel.ontoggle = () => (panel.open ? checking?.open() : checking?.close());
}

/** Lets the devices go and gives the panel back. */
export function giveBack() {
  const panel = part("#check");
  if (!home || panel.parentElement === home) return;
  checking?.end();
  checking = undefined;
  panel.ontoggle = null;
  panel.open = false;
  home.append(panel);
}
