/** The walk-in widget: choose, tell who you are, wait. The waiting room is fetched when somebody enters it. */
import { Refused } from "/static/js/ask.js";
import { store } from "/static/js/store.js";
import { Offers } from "./offers.js";
import { part, show } from "./views.js";
import { ticketFromAddress, Visitor } from "./visitor.js";
import { offerWays } from "./ways.js";

const key = part("meta[name=konsulto-widget]").content;
const home = `/w/${key}`;
const here = new URLSearchParams(location.search);
const visitor = new Visitor({ address: `${home}/session`, key: `konsulto:${key}`, store: store() });
const offers = new Offers({
  address: `${home}/offers?lang=${document.documentElement.lang}`,
  wanted: here.get("department") ?? "",
  choose,
});
/** @type {Promise<ReturnType<typeof import("./details.js").details>> | undefined} */
let asking;

/** What a page around keeps of an open panel; nobody else needs it, and the widget works without. */
const remembering = parent === window ? undefined : import("/embed/memory.js").catch(() => undefined);

/** The questions, fetched when a hand comes near the list. */
function questions() {
  asking ??= import("./details.js").then(({ details }) =>
    details({ address: `${home}/encounters`, visitor, done: wait }),
  );
  asking.catch(() => (asking = undefined));
  return asking;
}

/** @param {import("./offers.js").Choice} choice */
async function choose(choice) {
  try {
    (await questions()).choose(choice);
  } catch {
    offers.unreachable();
    return;
  }
  history.pushState("details", "");
  show("details");
}

/** The looks and icons of checks and call, which nobody needs before. A page that cannot fetch them waits all the same. */
async function furnish() {
  if (document.querySelector("link[href='/static/call.css']")) return;
  import("/static/js/symbols.js").then(({ bringSymbols }) => bringSymbols()).catch(() => {});
  const looks = document.createElement("link");
  looks.rel = "stylesheet";
  looks.href = "/static/call.css";
  document.head.append(looks);
  await new Promise((furnished) => (looks.onload = looks.onerror = furnished));
}

/** @param {any} [state] */
async function wait(state) {
  offers.stop();
  offerWays(visitor.memory.ticket);
  const [{ waitingRoom }] = await Promise.all([import("./waiting.js"), furnish()]);
  waitingRoom({ visitor, state, again: start, unknown: start, current: `${home}/encounters/current` });
}

function start() {
  visitor.forget();
  void remembering?.then((memory) => memory?.keep(""));
  offerWays(undefined);
  offers.watch();
  void offers.look();
  show("offers");
}

/** Whoever has a ticket has a place, unless the visit is over or was never there. */
async function comeBack() {
  show("waiting", { focus: false });
  try {
    await wait(await visitor.ask(`${home}/encounters/current`));
  } catch (error) {
    if (error instanceof Refused) start();
    else await wait();
  }
}

async function ask() {
  try {
    const { contact } = await import("./contact.js");
    contact({ address: `${home}/contact-requests`, visitor });
  } catch {
    offers.unreachable();
    return;
  }
  history.pushState("contact", "");
  show("contact");
}

addEventListener("popstate", () => !visitor.memory.ticket && show(["details", "contact"].includes(history.state) ? history.state : "offers"));
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-do=contact]"))) {
  button.addEventListener("click", (event) => {
    event.preventDefault(); // one of them is a link
    void ask();
  });
}
part("[data-do=back]").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault();
  history.back();
});

for (const near of ["pointerover", "focusin"]) {
  part("#departments").addEventListener(near, () => void questions().catch(() => {}), { once: true });
}
addEventListener("hashchange", () => /^#(ticket|moved)=/.test(location.hash) && location.reload());

const given = ticketFromAddress();
if (given) visitor.remember({ ...given, token: undefined });
if (visitor.memory.ticket) void comeBack();
else {
  offerWays(undefined);
  offers.watch();
}
document.documentElement.dataset.ready = "";
