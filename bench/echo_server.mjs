// The peer: a plain Node Socket.IO server that echoes.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
io.of("/echo").on("connection", (socket) => {
  socket.on("echo", (data, acknowledge) => {
    socket.emit("echoed", data);
    acknowledge({ ok: true });
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
