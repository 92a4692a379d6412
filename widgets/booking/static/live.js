/** Looks again when somebody else has booked or a time became free, at most every few seconds and only where it is seen. */
import { connect } from "/static/js/connect.js";

const PAUSE = 4_000; // milliseconds, spread so that many open pages do not ask at once

/** @param {import("/static/js/visitor.js").Visitor} visitor @param {() => unknown} look */
export function live(visitor, look) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!document.hidden) look();
    }, Math.random() * PAUSE);
  };
  let token = "";
  connect({
    namespace: "/booking",
    auth: async () => ({ token: (token = await visitor.token()) }),
    onRefused: async () => void (await visitor.renew(token)),
  })
    .on("times", soon)
    .follow({ catchUp: async () => {} });
  document.addEventListener("visibilitychange", () => !document.hidden && soon());
}
