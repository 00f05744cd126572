import type { Log } from "@parloir/platform/log.ts";
import type { GatewayServer } from "./context.ts";

/**
 * Sends the sockets of a gateway that is about to end elsewhere, without a failed send and without a storm: first
 * the balancer learns it, then every client is told when to move, spread over the drain, then what is left is
 * closed at a paced rate. Never `disconnect()`: a client takes that as «stay away».
 */
export interface DrainOptions {
  io: GatewayServer;
  /** The whole drain, milliseconds. */
  drainMs: number;
  /** How long the balancer may need to notice that this gateway no longer admits. */
  balancerMs: number;
  log: Log;
}

/** Clients hear of it with a part of the drain to spare for those who do not move by themselves. */
const announcedShare = 0.6;
const tickMs = 50;

export async function drainSockets({ io, drainMs, balancerMs, log }: DrainOptions): Promise<void> {
  const { sockets } = io.of("/");
  if (sockets.size === 0) return;
  await sleep(Math.min(balancerMs, drainMs / 4));
  const windowMs = drainMs * announcedShare;
  log.info({ sockets: sockets.size, windowMs }, "draining");
  for (const socket of sockets.values()) {
    socket.emit("server_draining", { reconnectInMs: Math.floor(Math.random() * windowMs) });
  }
  await closePaced(io, windowMs);
}

/** Closes a share of what is left every tick, so that none remains when the window ends. */
async function closePaced(io: GatewayServer, windowMs: number): Promise<void> {
  const { sockets } = io.of("/");
  const end = Date.now() + windowMs;
  // Clients that move by themselves come first: the paced closing begins in the second half.
  while (sockets.size > 0 && Date.now() < end - windowMs / 2) await sleep(tickMs);
  while (sockets.size > 0) {
    const ticksLeft = Math.max(1, Math.floor((end - Date.now()) / tickMs));
    let share = Math.ceil(sockets.size / ticksLeft);
    for (const socket of sockets.values()) {
      if (share-- <= 0) break;
      socket.conn.close();
    }
    if (Date.now() > end) break;
    await sleep(tickMs);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
