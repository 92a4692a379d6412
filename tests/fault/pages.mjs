// Many pages without a browser: the product's own connection and stream, for desks and for patients who wait.
// Reads one command a line, answers "report" with one line. Connections are cut at random until "calm".
import { register } from "node:module";
import { createInterface } from "node:readline";

register("./resolve.mjs", import.meta.url);
globalThis.document = { documentElement: { dataset: { k: "demo" } }, visibilityState: "visible", addEventListener() {} };
globalThis.addEventListener = () => {};
const { ask } = await import("/static/js/ask.js");
const { connect } = await import("/static/js/connect.js");
const { Stream } = await import("/static/js/stream.js");
const { cut } = await import("./severed.mjs");

const [server, seed] = [process.argv[2], Number(process.argv[3])];
const pages = { desks: {}, patients: {} };
const chance = randomFrom(seed);

/** A small generator with a seed (mulberry32): the same cuts in every run. */
function randomFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** As desk.js and waiting_room.js do it: one list, rung for live, counted again after an absence. */
function desk({ name, cookie, csrf }) {
  const page = { visits: {}, seq: 0, rung: [], caughtUp: [], cutShort: [], counts: [], state: "connecting", losses: 0 };
  pages.desks[name] = page;
  const headers = { Cookie: cookie, "X-CSRFToken": csrf };
  const live = connect({
    server,
    namespace: "/desk",
    auth: async () => ({ token: (await ask(`${server}/desk/token`, { body: {}, headers })).token }),
    onState: (state) => {
      note(page, state);
      if (state === "online") void live.request("counts").then(({ waiting }) => page.counts.push(waiting)).catch(() => {});
    },
  });
  const stream = new Stream({
    page: async (after) => {
      const found = await live.request("waiting_room", { after });
      page.caughtUp.push(...found.items.map(({ id }) => id).filter((id) => !(id in page.visits)));
      return found;
    },
    apply: (visit) => {
      if (visit.gone) delete page.visits[visit.id];
      else page.visits[visit.id] = visit;
      page.seq = visit.seq;
    },
  });
  live.on("visit", (visit) => stream.receive(visit));
  live.on("arrived", ({ id }) => page.rung.push(id));
  live.follow(stream);
}

/** As waiting.js does it: the newest version counts. */
function patient({ name, token }) {
  const page = { version: -1, state: "connecting", losses: 0 };
  pages.patients[name] = page;
  const take = (told) => told.version >= page.version && Object.assign(page, told);
  const live = connect({ server, namespace: "/walk-in", auth: () => ({ token }), onState: (state) => note(page, state) });
  live.on("state", take).on("place", take);
  live.follow({ catchUp: async () => take((await live.request("catch_up", { after: 0 })).state) });
}

function note(page, state) {
  if (page.state === "online" && state === "offline") {
    page.losses += 1;
    if (page.visits) page.cutShort.push(...unrung(page));
  }
  page.state = state;
}

/** Whose row was told and whose bell was not, for the connection ended in between. The count of the next one tells of them. */
function unrung({ visits, rung, caughtUp, cutShort }) {
  const told = new Set([...rung, ...caughtUp, ...cutShort]);
  return Object.values(visits).map(({ id }) => id).filter((id) => !told.has(id));
}

const cuts = setInterval(() => cut(Math.floor(chance() * 10_000)), 400);
const does = { desk, patient, calm: () => clearInterval(cuts), report: () => process.stdout.write(`${JSON.stringify(pages)}\n`) };
process.stdout.write("ready\n");
for await (const line of createInterface(process.stdin)) {
  const { does: what, ...values } = JSON.parse(line);
  does[what](values);
}
process.exit(0);
