// Many open chats, some of them with somebody at the desk. Tells the milliseconds from saying to the other side's page, both ways.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const lines = createInterface(process.stdin);
const { url, idle, talks, staff, rounds } = JSON.parse(await nextLine());
const AT_ONCE = 50;

function nextLine() {
  return new Promise((done) => lines.once("line", done));
}

function open(path, token) {
  const socket = io(`${url}${path}`, { transports: ["websocket"], forceNew: true, auth: { token } });
  return new Promise((resolve, reject) => {
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
}

async function ask(socket, event, data) {
  const answer = (await socket.emitWithAck(event, data)) ?? {};
  if (answer.error) throw new Error(`${event}: ${answer.error}`);
  return answer;
}

async function visitor(token, conversation) {
  const socket = await open("/chat", token);
  await ask(socket, "channels", {});
  if (conversation) await ask(socket, "open", { conversation });
  return socket;
}

/** Resolves at the moment at which a page has the words. */
function hears(socket, text, words) {
  return new Promise((done) => {
    const listen = (told) => {
      if (words(told) !== text) return;
      socket.off("message", listen);
      done(performance.now());
    };
    socket.on("message", listen);
  });
}

const numbered = () => `bench-${Math.random().toString(36).slice(2, 14)}`;

async function talk({ patient, desk, id, conversation }, round) {
  const toPatient = `answer ${id} ${round}`;
  const heard = hears(patient, toPatient, ({ text }) => text);
  const begun = performance.now();
  await ask(desk, "post", { id, client_id: numbered(), text: toPatient });
  took.push((await heard) - begun);
  const toDesk = `question ${id} ${round}`;
  const read = hears(desk, toDesk, (told) => (told.id === id ? told.message.text : ""));
  const asked = performance.now();
  await ask(patient, "say", { conversation, client_id: numbered(), text: toDesk });
  took.push((await read) - asked);
}

for (let from = 0; from < idle.length; from += AT_ONCE) await Promise.all(idle.slice(from, from + AT_ONCE).map((token) => visitor(token)));
const open_ = [];
for (const { token, conversation, id } of talks) {
  const desk = await open("/desk", staff);
  await ask(desk, "talk", { id, after: 0 });
  open_.push({ patient: await visitor(token, conversation), desk, id, conversation });
}
process.stdout.write("ready\n");
await nextLine();
const took = [];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
await Promise.all(open_.map(async (one, place) => {
  await pause((place / open_.length) * 2000); // people do not all write at once
  for (let round = 0; round < rounds; round++) {
    await talk(one, round);
    await pause(2000);
  }
}));
process.stdout.write(`${JSON.stringify(took)}\n`);
process.exit(0);
