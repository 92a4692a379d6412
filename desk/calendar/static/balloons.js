/** A balloon beside each appointment of the list: whether its patient can be written to, and the way there. */
import { clone } from "/static/js/template.js";
import { live, soon } from "/static/desk/desk.js";
import { appointments, whenChanged } from "./appointments.js";

/** @typedef {{ patient: number, authorised: boolean, channels: { id: number, with: string, unread: number }[] }} Balloon */

/** @type {Record<string, Balloon>} */
let known = {};
let asked = "";

const list = /** @type {HTMLElement} */ (document.querySelector("#appointments tbody"));

async function look() {
  const ids = [...appointments.keys()];
  const answer = ids.length ? await live.request("balloons", { appointments: ids.slice(0, 500) }).catch(() => undefined) : { balloons: {} };
  if (!answer) return;
  known = answer.balloons;
  draw();
}

function draw() {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("tr[data-id]"))) put(row);
}

/** @param {HTMLElement} row */
function put(row) {
  const place = row.querySelector("[data-balloon]");
  const balloon = known[row.dataset.id ?? ""];
  const state = JSON.stringify(balloon ?? null);
  if (!(place instanceof HTMLElement) || place.dataset.drawn === state) return;
  place.dataset.drawn = state;
  place.replaceChildren(...(balloon ? [drawn(balloon, appointments.get(Number(row.dataset.id))?.name ?? "")] : []));
}

/** @param {Balloon} balloon @param {string} name */
function drawn({ patient, authorised, channels }, name) {
  const words = { when: authorised ? "authorised" : channels.length ? "not_authorised" : "none" };
  const dress = `k-btn k-btn--small${authorised ? " k-btn--primary" : ""}`;
  const several = channels.length > 1;
  const href = channels.length === 1 ? `/desk/messages#${channels[0].id}` : `/desk/messages/of/${patient}`;
  const item = clone("balloon", {
    one: several ? null : { href, class: dress },
    one_words: words,
    one_name: name,
    several,
    summary: { class: dress },
    several_words: words,
    several_name: name,
  });
  item.querySelector("[data-channels]")?.append(...channels.map((channel) => clone("balloon-channel", {
    link: { href: `/desk/messages#${channel.id}` },
    with: channel.with,
    unread: channel.unread > 0,
    number: channel.unread,
  })));
  return item;
}

const lookSoon = soon(look, 300);
whenChanged(() => {
  const now = [...appointments.keys()].join();
  if (now === asked) draw();
  else {
    asked = now;
    lookSoon();
  }
});
live.on("letter", lookSoon);
live.follow({ catchUp: look });
