/** The address by which one's own calendar program reads one's appointments. */
import { fill } from "/static/js/template.js";
import { dialog, perform } from "/static/desk/desk.js";

const address = /** @type {HTMLInputElement} */ (document.getElementById("feed-address"));

/** @param {{ address: string | null } | undefined} found @param {string} [said] */
function show(found, said) {
  if (!found) return;
  address.value = found.address ?? "";
  fill(dialog("feed"), { some: Boolean(found.address), none: !found.address, said: said ? { when: said } : null });
}

/** @type {Record<string, () => Promise<void>>} */
const acts = {
  feed: async () => {
    show(await perform("my_feed", {}));
    dialog("feed").showModal();
  },
  open_feed: async () => {
    show(await perform("open_feed", {}));
    address.select();
  },
  close_feed: async () => show(await perform("close_feed", {}), "closed"),
  copy_feed: async () => {
    address.select();
    await navigator.clipboard.writeText(address.value).catch(() => document.execCommand("copy"));
    fill(dialog("feed"), { said: { when: "copied" } });
  },
};

document.addEventListener("click", (event) => {
  const act = /** @type {Element} */ (event.target).closest("[data-act]")?.getAttribute("data-act") ?? "";
  void acts[act]?.();
});
