/** What became of mails to many patients: drawn anew until all are done, and printed when somebody wants it on paper. */
import "/static/desk/desk.js";

const EVERY = 2_000; // milliseconds

function report() {
  return /** @type {HTMLElement} */ (document.getElementById("given"));
}

async function lookAgain() {
  const answer = await fetch(location.href).catch(() => undefined);
  if (answer?.ok) {
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("given");
    if (drawn && !drawn.isEqualNode(report())) {
      const focused = document.activeElement?.matches("[data-print]");
      report().replaceWith(document.adoptNode(drawn));
      if (focused) /** @type {HTMLElement} */ (report().querySelector("[data-print]")).focus();
    }
  }
  waitForMore();
}

function waitForMore() {
  if ("waits" in report().dataset) setTimeout(() => void lookAgain(), EVERY);
}

document.addEventListener("click", (event) => /** @type {HTMLElement} */ (event.target).closest("[data-print]") && print());
waitForMore();
