// Sends so many messages over so many connections, each waiting for its answer; the same work for either server.
import { io } from "socket.io-client";

const [url, connections, messages] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const text = "x".repeat(100);

function connect() {
  const socket = io(`${url}/echo`, { transports: ["websocket"], forceNew: true });
  return new Promise((resolve) => socket.on("connect", () => resolve(socket)));
}

async function talk(socket, count) {
  for (let n = 0; n < count; n++) await socket.emitWithAck("echo", { text });
}

const sockets = await Promise.all(Array.from({ length: connections }, connect));
await Promise.all(sockets.map((socket) => talk(socket, 20)));
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
await Promise.all(sockets.map((socket) => talk(socket, messages / connections)));
process.stdout.write("done\n");
for (const socket of sockets) socket.disconnect();
process.exit(0);
