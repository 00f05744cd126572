import type { Metrics } from "@parloir/platform/metrics.ts";
import type { GatewaySocket } from "./context.ts";

const longestTimerMs = 2 ** 31 - 1;

/**
 * Closes the socket when its token expires. The transport is closed, not the namespace: a client takes the latter
 * as «stay away» and would not come back with a fresh token.
 */
export function scheduleExpiry(gateway: { metrics: Metrics }, socket: GatewaySocket): void {
  clearTimeout(socket.data.expiry);
  const left = socket.data.expiresAt - Date.now();
  socket.data.expiry = setTimeout(
    () => {
      if (left > longestTimerMs) return scheduleExpiry(gateway, socket);
      socket.emit("error", { code: "TOKEN_EXPIRED", message: "the token has expired" });
      gateway.metrics.get("parloir_connections_cut_total").inc({ reason: "token_expired" });
      socket.conn.close();
    },
    Math.min(Math.max(left, 0), longestTimerMs),
  );
}
