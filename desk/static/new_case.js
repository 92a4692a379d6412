/** New cases on every page of the desk but the inbox: a sound where its person wants one, and the way there (S003-16). */
import { fill } from "/static/js/template.js";
import { ring } from "./bell.js";
import { announce, live, me, now, words } from "./desk.js";

/**
 * @typedef {{ id: number, gone?: boolean, channel_id: number, state: string, non_urgent?: boolean, waiting_since: string | null, claimed_by_id: number | null }} Row
 * @typedef {{ id: number, i_am_present: boolean, rings: boolean, automatic: boolean }} Channel
 */

const since = now();
const sign = /** @type {HTMLElement} */ (document.querySelector("[data-new-case]"));
/** Where each was seen waiting last, or whose it was. @type {Map<number, string>} */
const seen = new Map();
/** Asked for when something new comes for the first time. @type {Promise<Channel[]> | undefined} */
let channels;

function choices() {
  channels ??= live.request("channels").then((answer) => answer.channels, () => {
    channels = undefined;
    return [];
  });
  return channels;
}
for (const change of ["presence", "channel"]) live.on(change, () => (channels = undefined));

/** What waited before this page was opened is no news, unless it has moved since. @param {Row} row */
function isNew(row) {
  const place = row.state === "new" ? `in ${row.channel_id}` : `of ${row.claimed_by_id}`;
  const before = seen.get(row.id);
  seen.set(row.id, place);
  if (before === place) return false;
  if (row.state === "new") return !row.non_urgent && (before !== undefined || Date.parse(row.waiting_since ?? "") >= since);
  return row.claimed_by_id === me;
}

/** @param {Row} row */
async function look(row) {
  if (row.gone || !isNew(row)) return;
  const channel = (await choices()).find(({ id }) => id === row.channel_id);
  if (!channel?.i_am_present || (row.state !== "new" && !channel.automatic)) return;
  if (channel.rings) ring();
  announce(words("new-conversation"));
  fill(sign, { open: { href: `/desk/inbox#${row.id}` } });
  sign.dataset.id = String(row.id);
  sign.hidden = false;
}

/** Somebody else has taken it meanwhile. @param {Row} row */
function settle(row) {
  if (sign.dataset.id === String(row.id) && (row.gone || (row.state !== "new" && row.claimed_by_id !== me))) sign.hidden = true;
}

live.on("conversation", (row) => {
  settle(row);
  void look(row);
});
sign.addEventListener("click", (event) => {
  if (/** @type {HTMLElement} */ (event.target).closest("[data-later]")) sign.hidden = true;
});
