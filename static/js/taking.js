/** What stands beside a conversation: files that are sent in it, and a copy of it to keep. Fetched when there is one. */
import { Refused, Unreachable } from "./ask.js";
import { Files, styles } from "./files.js";
import { get, saveAs } from "./said.js";
import { bringSymbols } from "./symbols.js";
import { fill } from "./template.js";

/** @typedef {() => Promise<Record<string, string>>} Authorise headers that show who asks */

/** @type {WeakMap<HTMLElement, { address: string, authorise: Authorise }>} */
const known = new WeakMap();

/** @param {HTMLElement} root holds the pieces of `_said.html` @param {string} address of the conversation @param {boolean} files whether some are taken now @param {Authorise} authorise */
export function beside(root, address, files, authorise) {
  const adding = /** @type {HTMLDetailsElement | null} */ (root.querySelector("[data-attach]"));
  const taking = /** @type {HTMLElement | null} */ (root.querySelector("[data-taking]"));
  if (adding) adding.hidden = !files;
  if (taking) taking.hidden = false;
  const first = !known.has(root);
  if (known.get(root)?.address !== address) adding?.querySelector("[data-add]")?.remove();
  known.set(root, { address, authorise });
  if (!first) return;
  adding?.addEventListener("toggle", () => adding.open && void bring(root, adding));
  taking?.addEventListener("click", (event) => void take(root, taking, /** @type {HTMLElement} */ (event.target)));
}

/** What adds files, as the server draws it. @param {HTMLElement} root @param {HTMLElement} adding */
async function bring(root, adding) {
  const place = /** @type {HTMLElement} */ (adding.querySelector("[data-files]"));
  const { address, authorise } = of(root);
  if (place.querySelector("[data-add]")) return;
  const answer = await get(`${address}/files`, await authorise()).catch(() => undefined);
  if (!answer?.ok) return;
  styles();
  void bringSymbols();
  const fresh = !place.childElementCount;
  place.replaceChildren(...new DOMParser().parseFromString((await answer.json()).page, "text/html").body.childNodes);
  if (fresh) new Files(place, { authorise: () => of(root).authorise(), remove: async () => {} });
}

/** @param {HTMLElement} root @param {HTMLElement} taking @param {HTMLElement} target */
async function take(root, taking, target) {
  const form = /** @type {HTMLElement | null} */ (target.closest("[data-take]"))?.dataset.take;
  if (!form) return;
  fill(taking, { wrong: null });
  const { address, authorise } = of(root);
  try {
    const answer = await get(`${address}/transcript?form=${form}`, await authorise());
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    await saveAs(answer, named?.[1] ?? `conversation.${form}`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    if (error instanceof Refused) fill(taking, { wrong: { when: "refused" }, wrong_message: error.message });
    else fill(taking, { wrong: { when: "unreachable" } });
  }
}

/** @param {HTMLElement} root */
function of(root) {
  return /** @type {{ address: string, authorise: Authorise }} */ (known.get(root));
}
