// The real Socket.IO client, whose network a test can take away without a word.
import { io as open } from "socket.io-client";

const sockets = [];

export function io(...options) {
  const socket = open(...options);
  sockets.push(socket);
  return socket;
}

/** @param {number} nth of all connections that were ever opened @returns {boolean} whether there was something to cut */
export function cut(nth) {
  const live = sockets[nth % sockets.length];
  if (!live?.connected) return false;
  live.io.engine.transport.ws?.terminate();
  return true;
}
