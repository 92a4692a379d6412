// So many desks of one person; each says when it hears of an arrival.
import { io } from "socket.io-client";

const [url, token, desks] = [process.argv[2], process.argv[3], Number(process.argv[4])];

function open() {
  const socket = io(`${url}/desk`, { transports: ["websocket"], forceNew: true, auth: { token } });
  socket.on("arrived", (fact) => process.stdout.write(`${fact.id} ${Date.now()}\n`));
  return new Promise((resolve, reject) => {
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
}

await Promise.all(Array.from({ length: desks }, open));
process.stdout.write("ready\n");
