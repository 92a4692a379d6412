// Patients' pages that wait; each says when it has got an announcement or a message, and asks as the real page does.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const url = process.argv[2];
const BEAT = 60_000;

function open(token) {
  const socket = io(`${url}/walk-in`, { transports: ["websocket"], forceNew: true, auth: { token } });
  socket.on("message", ({ text }) => got(text));
  socket.on("announcements", ({ announcements }) => announcements.forEach(({ text }) => got(text.text)));
  setInterval(() => socket.emit("beat", {}, () => {}), BEAT * (0.5 + Math.random() / 2));
  return new Promise((resolve, reject) => {
    socket.on("connect", () => socket.emit("catch_up", { after: 0 }, resolve));
    socket.on("connect_error", reject);
  });
}

function got(text) {
  process.stdout.write(`${text}\t${Date.now()}\n`);
}

for await (const line of createInterface(process.stdin)) {
  for (const token of line.split(" ")) await open(token);
  process.stdout.write("ready\n");
}
