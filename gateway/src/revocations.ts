import { rooms } from "@parloir/contracts/ids.ts";
import type { Revocation } from "@parloir/contracts/internal.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { ApiClient } from "./api-client.ts";
import { startAsking } from "./asking.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import { socketsIn } from "./room-rosters.ts";
import { terminate } from "./slow-readers.ts";

/**
 * Closes the sockets of people whose tokens were revoked. The api tells the person's room; because pub/sub may be
 * down, and a handshake may be under way at that moment, every gateway also asks for all revocations of late.
 *
 * Guarantee: within 5 s of a revocation no socket lives on a token from before it, while the api answers.
 */
export interface Revocations {
  apply: (revocation: Revocation) => void;
  stop: () => void;
}

const askEveryMs = 2_000;
/** For the goodbye to be read: after it the connection is cut, however much still waits to be written. */
const goodbyeMs = 1_000;

export function startRevocations(options: {
  io: GatewayServer;
  api: ApiClient;
  log: Log;
  metrics: Metrics;
}): Revocations {
  const { io } = options;
  const cut = options.metrics.get("parloir_connections_cut_total");

  function apply({ userId, tokensValidFrom }: Revocation): void {
    const validFrom = Date.parse(tokensValidFrom);
    for (const socket of socketsIn(io, rooms.user(userId)))
      if ((socket.data.issuedAt ?? 0) < validFrom) close(socket);
  }

  function close(socket: GatewaySocket): void {
    if (socket.data.revoked) return;
    socket.data.revoked = true;
    cut.inc({ reason: "revoked" });
    // No event reaches it any more, and Engine.IO takes no packet from a closing connection.
    for (const room of socket.rooms) if (room !== socket.id) void socket.leave(room);
    socket.emit("error", { code: "UNAUTHENTICATED", message: "the token was revoked" });
    socket.conn.close();
    setTimeout(() => terminate(socket.conn), goodbyeMs).unref();
  }

  const asking = startAsking({
    ...options,
    route: "revocations",
    everyMs: askEveryMs,
    onAnswer: ({ revoked }) => revoked.forEach(apply),
  });
  return { apply, stop: asking.stop };
}
