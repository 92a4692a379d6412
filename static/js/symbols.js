/** Icons that a page does not need at first. */

/** Fetches the house's icons; without them the words beside them are there all the same. */
export async function bringSymbols() {
  const answer = await fetch("/static/icons.svg").catch(() => undefined);
  if (!answer?.ok) return;
  const sprite = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
  const there = document.querySelector("symbol")?.parentNode;
  for (const symbol of sprite.querySelectorAll("symbol")) {
    if (!document.getElementById(symbol.id)) there?.append(document.adoptNode(symbol));
  }
}
