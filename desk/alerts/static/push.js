/**
 * The desk's service worker: shows that somebody waits while every page is closed. It keeps nothing and fetches nothing.
 * What it shows was written by the server in the person's language. A page shows the same under the same tag.
 */
const worker = /** @type {any} */ (self);
const DESK = "/desk/waiting-room";

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (/** @type {any} */ event) => {
  const { title, body, tag } = told(event.data);
  event.waitUntil(worker.registration.showNotification(title, { body, tag, requireInteraction: true }));
});

/** A browser must show something for every push, even for one that it cannot read. @param {any} data */
function told(data) {
  try {
    return data.json();
  } catch {
    return { title: worker.location.host };
  }
}

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(openDesk());
});

/** The page that is open comes to the front as it is: somebody may be talking to a patient there. */
async function openDesk() {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desk = pages.find((/** @type {any} */ page) => new URL(page.url).pathname.startsWith("/desk/"));
  return desk ? desk.focus() : worker.clients.openWindow(DESK);
}
