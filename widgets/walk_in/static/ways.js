/** Looks at where the page stands: what the browser does not allow here is said, with the ways on. */
import { fill } from "/static/js/template.js";
import { part } from "./views.js";
import { remembers } from "./visitor.js";

/** @returns {string | undefined} what stands in the way of picture and sound, or of keeping the place */
export function problem() {
  if (!isSecureContext) return aloneItIsSecure() ? "around" : "insecure";
  if (isForbidden("camera") || isForbidden("microphone")) return "camera";
  return remembers() ? undefined : "storage";
}

/** A page that is not secure makes every frame in it so; the same address in a window of its own is not. */
function aloneItIsSecure() {
  return location.protocol === "https:" || /^(localhost|127\.[\d.]+|\[::1\])$|\.localhost$/.test(location.hostname);
}

/** Offers the way on; a ticket leads the new window to the same place. @param {string | undefined} ticket */
export function offerWays(ticket) {
  const found = problem();
  part("#ways").hidden = !found;
  if (!found) return;
  fill(part("#ways"), { contact: !ticket, problem: { when: found }, elsewhere: found === "insecure" ? null : { href: elsewhere(ticket) } });
}

/** @param {string | undefined} ticket */
export function elsewhere(ticket) {
  return location.pathname + location.search + (ticket ? `#ticket=${ticket}` : "");
}

/** @param {string} feature whether the page around takes it away */
export function isForbidden(feature) {
  const policy = /** @type {any} */ (document).permissionsPolicy ?? /** @type {any} */ (document).featurePolicy;
  return policy?.allowsFeature(feature) === false;
}
