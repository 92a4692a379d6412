/** In the room of a quick consultation: the patient's way in, as long as nobody has come by it. */
import { fill } from "/static/js/template.js";
import { live, me, times } from "/static/desk/desk.js";

const panel = document.getElementById("invitation");
const address = /** @type {HTMLInputElement} */ (panel?.querySelector("input"));
let asked = false;

/** @param {{ id: number, awaited: boolean, admitted_by_id: number | null }} visit */
export async function invite({ id, awaited, admitted_by_id: host }) {
  if (!panel) return;
  const wanted = awaited && host === me;
  if (!wanted) panel.hidden = true;
  if (!wanted || asked) return;
  asked = true;
  const found = await live.request("invitation", { id }).catch(() => undefined);
  fill(panel, { some: Boolean(found), none: !found });
  if (found) draw(found);
  panel.hidden = false;
}

/** @param {{ link: string, size: number, path: string, until: string }} invitation */
function draw({ link, size, path, until }) {
  address.value = link;
  panel?.querySelector("svg.desk-code")?.setAttribute("viewBox", `0 0 ${size} ${size}`);
  panel?.querySelector("svg.desk-code path")?.setAttribute("d", path);
  fill(/** @type {HTMLElement} */ (panel), { until: { values: { time: times.time(until) } } });
}

panel?.querySelector("[data-copy]")?.addEventListener("click", async () => {
  address.select();
  await navigator.clipboard.writeText(address.value).catch(() => document.execCommand("copy"));
  fill(panel, { copied: true });
});
