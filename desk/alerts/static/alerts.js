/** The page of alerts: switches that save themselves, a trial for each, and what this browser makes of it. */
import { fill } from "/static/js/template.js";
import { notify } from "/static/desk/alarm.js";
import { canSound, onTouch, ring } from "/static/desk/bell.js";
import { live, perform, words } from "/static/desk/desk.js";

/**
 * @typedef {"bell" | "desktop" | "push" | "mail"} Means
 * @typedef {{ bell: boolean, desktop: boolean, mail: boolean, email: string, here: boolean, elsewhere: number, public_key: string }} Chosen
 */

const SCRIPT = "/desk/push.js";
const SCOPE = "/desk/";
/** @type {Chosen | undefined} */
let chosen;

/** @param {Means} means @returns {HTMLInputElement} */
function switchOf(means) {
  return /** @type {HTMLInputElement} */ (document.getElementById(`by-${means}`));
}

/** @param {Means} means @param {string} when @param {Record<string, string>} [values] */
function say(means, when, values) {
  const card = /** @type {HTMLElement} */ (document.querySelector(`[data-means=${means}]`));
  fill(card, { state: { when, ...(values && { values }) } });
}

async function look() {
  chosen = /** @type {Chosen} */ (await live.request("my_alerts", { endpoint: await ownEndpoint() }));
  draw(chosen);
}

/** @param {Chosen} now */
function draw(now) {
  for (const means of /** @type {const} */ (["bell", "desktop", "mail"])) switchOf(means).checked = now[means];
  switchOf("push").checked = now.here;
  say("bell", bellState());
  say("desktop", desktopState());
  say("push", pushState(now.here));
  say("mail", "ok", { email: now.email });
  for (const control of /** @type {NodeListOf<HTMLInputElement | HTMLButtonElement>} */ (document.querySelectorAll("[data-means] input, [data-try]"))) {
    control.disabled = false;
  }
  switchOf("desktop").disabled = !("Notification" in window);
  switchOf("push").disabled = !canPush();
  fill(/** @type {HTMLElement} */ (document.querySelector("[data-means=push]")), { nowhere: now.elsewhere > 0 });
}

function bellState() {
  if (!("bell" in document.body.dataset)) return "off-here";
  return canSound() ? "ok" : "untouched";
}

function desktopState() {
  if (!("Notification" in window)) return "unable";
  return { granted: "ok", denied: "refused", default: "ask" }[Notification.permission];
}

/** @param {boolean} here */
function pushState(here) {
  if (!canPush()) return "unable";
  if (Notification.permission === "denied") return "refused";
  if (here) return "ok";
  return Notification.permission === "granted" ? "off" : "ask";
}

function canPush() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** Whether the browser lets us show something; it asks its person at the first time. */
async function mayNotify() {
  return (await Notification.requestPermission()) === "granted";
}

async function save() {
  const [bell, desktop, mail] = /** @type {const} */ (["bell", "desktop", "mail"]).map((means) => switchOf(means).checked);
  await perform("choose_alerts", { bell, desktop, mail });
  await look();
}

switchOf("bell").addEventListener("change", save);
switchOf("mail").addEventListener("change", save);
switchOf("desktop").addEventListener("change", async () => {
  if (switchOf("desktop").checked && !(await mayNotify())) switchOf("desktop").checked = false;
  await save();
});
switchOf("push").addEventListener("change", () => void (switchOf("push").checked ? pushHere() : pushNoMore()));

/** @returns {Promise<PushSubscription | null>} */
async function ownSubscription() {
  if (!canPush()) return null;
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @returns {Promise<string | null>} */
async function ownEndpoint() {
  return (await ownSubscription().catch(() => null))?.endpoint ?? null;
}

async function pushHere() {
  if (!(await mayNotify())) {
    await look();
    return;
  }
  const subscription = await subscribe().catch(() => undefined);
  const { endpoint, keys } = subscription?.toJSON() ?? {};
  if (endpoint && keys) await perform("push_here", { endpoint, key: keys.p256dh, secret: keys.auth });
  await look();
  if (!subscription) say("push", "unreached");
}

/** A subscription that another key has signed for is of no use any more. */
async function subscribe() {
  await navigator.serviceWorker.register(SCRIPT, { scope: SCOPE });
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: chosen?.public_key };
  return pushManager.subscribe(options).catch(async () => {
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  });
}

async function pushNoMore() {
  const subscription = await ownSubscription();
  if (subscription) await perform("push_no_more", { endpoint: subscription.endpoint });
  await subscription?.unsubscribe();
  await look();
}

document.getElementById("nowhere")?.addEventListener("click", async () => {
  await perform("push_no_more", {});
  await look();
});

/** @type {Record<Means, () => unknown>} */
const trials = {
  bell() {
    ring();
    say("bell", bellState() === "ok" ? "tried" : bellState());
  },
  async desktop() {
    if (!("Notification" in window) || !(await mayNotify())) say("desktop", desktopState());
    else await showTrial();
  },
  async push() {
    const answer = await perform("try_alert", { by: "push" });
    if (answer) say("push", answer.told ? "tried" : "nobody");
  },
  async mail() {
    if (await perform("try_alert", { by: "mail" })) say("mail", "tried", { email: chosen?.email ?? "" });
  },
};

async function showTrial() {
  await notify(words("somebody-waits"), { tag: "trial" });
  say("desktop", "tried");
}

document.addEventListener("click", (event) => {
  const means = /** @type {HTMLElement} */ (event.target).closest("[data-try]")?.getAttribute("data-try");
  if (means) void trials[/** @type {Means} */ (means)]();
});

onTouch(() => chosen && say("bell", bellState()));
live.follow({ catchUp: look });
live.on("alerts_chosen", look);
