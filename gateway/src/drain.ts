import type { Log } from "@parloir/platform/log.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";

/**
 * Sends the sockets of a gateway that is about to end elsewhere, without a failed send and without a storm: once
 * the balancer knows, every client is told when to move, spread over the drain, then what is left is
 * closed at a paced rate. Never `disconnect()`: a client takes that as «stay away».
 */
export interface DrainOptions {
  io: GatewayServer;
  /** The whole drain, milliseconds. */
  drainMs: number;
  log: Log;
}

/** Clients hear of it with a part of the drain to spare for those who do not move by themselves. */
const announcedShare = 0.6;
const tickMs = 50;
const quietMs = 500;

export async function drainSockets({ io, drainMs, log }: DrainOptions): Promise<void> {
  const { sockets } = io.of("/");
  if (sockets.size === 0) return;
  const windowMs = drainMs * announcedShare;
  log.info({ sockets: sockets.size, windowMs }, "draining");
  for (const socket of sockets.values()) {
    socket.emit("server_draining", { reconnectInMs: Math.floor(Math.random() * windowMs) });
  }
  await closePaced(io, windowMs);
}

/**
 * Gives a share of what is left its turn every tick, so that none remains when the window ends. A client counts a
 * send as failed when its connection closes before the ack, also one that crosses the close on the wire. So a busy
 * socket is closed right behind an answer (commands.ts), when its client has nothing to say yet, and a quiet one at
 * any moment. Measured with plain clients that write 20 messages a second each: closing at any moment failed a send
 * of every second one.
 */
async function closePaced(io: GatewayServer, windowMs: number): Promise<void> {
  const { sockets } = io.of("/");
  const end = performance.now() + windowMs;
  const lastTurn = end - windowMs / 4;
  // Clients that move by themselves come first: the paced closing begins in the second half.
  while (sockets.size > 0 && performance.now() < end - windowMs / 2) await sleep(tickMs);
  while (sockets.size > 0) {
    const now = performance.now();
    const ticksLeft = Math.max(1, Math.floor((lastTurn - now) / tickMs));
    const staying = [...sockets.values()].filter((socket) => !socket.data.leaving);
    for (const socket of staying.slice(0, Math.ceil(staying.length / ticksLeft))) socket.data.leaving = true;
    for (const socket of sockets.values())
      if (now > end || (socket.data.leaving && isQuiet(socket, now))) socket.conn.close();
    if (now > end) break;
    await sleep(tickMs);
  }
}

function isQuiet({ data }: GatewaySocket, now: number): boolean {
  return data.underWay === 0 && now - data.answeredAt > quietMs;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
