import type { Closing } from "@parloir/contracts/closing.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { GatewayServer } from "./context.ts";

/**
 * Cuts connections that do not read. What they are owed waits in the engine's `writeBuffer` and in the WebSocket's
 * own buffer (measured: nearly all of it in the first), and would grow until the process ends. A cut client
 * connects again and syncs.
 *
 * `conn.close()` alone waits for the very buffer that does not drain (measured: 44 s), so the WebSocket is
 * terminated.
 */
export interface SlowReaders {
  stop: () => void;
}

const checkMs = 1_000;
const mostBufferedBytes = 1_000_000;
const stuckMs = 10_000;

interface Packet {
  data?: unknown;
}

/** What the public types of Engine.IO leave out. */
interface Connection {
  writeBuffer: Packet[];
  transport: { socket?: { bufferedAmount: number; terminate: () => void } };
  close: (discard: boolean) => void;
}

interface Stuck {
  head: Packet | undefined;
  bufferedAmount: number;
  since: number;
}

export function watchSlowReaders(options: { io: GatewayServer; log: Log; metrics: Metrics }): SlowReaders {
  const cut = options.metrics.get("parloir_connections_cut_total");
  const stuck = new Map<Connection, Stuck>();
  const timer = setInterval(check, checkMs);
  timer.unref();

  function check(): void {
    const now = performance.now();
    const clients = (options.io.engine as unknown as { clients: Record<string, Connection> }).clients;
    for (const connection of Object.values(clients)) {
      const reason = judge(connection, now);
      if (!reason) continue;
      stuck.delete(connection);
      cut.inc({ reason });
      options.log.info({ reason, bytes: bufferedBytes(connection) }, "cutting a slow reader");
      terminate(connection);
    }
    for (const connection of stuck.keys()) if (isDrained(connection)) stuck.delete(connection);
  }

  function judge(connection: Connection, now: number): Closing | null {
    if (isDrained(connection)) return null;
    if (bufferedBytes(connection) > mostBufferedBytes) return "slow_reader";
    const head = connection.writeBuffer[0];
    const bufferedAmount = connection.transport.socket?.bufferedAmount ?? 0;
    const before = stuck.get(connection);
    if (!before || before.head !== head || before.bufferedAmount !== bufferedAmount) {
      stuck.set(connection, { head, bufferedAmount, since: now });
      return null;
    }
    return now - before.since >= stuckMs ? "stuck_reader" : null;
  }

  return { stop: () => clearInterval(timer) };
}

function isDrained(connection: Connection): boolean {
  return connection.writeBuffer.length === 0 && !connection.transport.socket?.bufferedAmount;
}

function bufferedBytes(connection: Connection): number {
  let bytes = connection.transport.socket?.bufferedAmount ?? 0;
  for (const { data } of connection.writeBuffer) if (typeof data === "string") bytes += data.length;
  return bytes;
}

/** At once, whatever still waits to be written. */
export function terminate(connection: { transport: object; close: (discard: boolean) => void }): void {
  (connection.transport as Connection["transport"]).socket?.terminate();
  connection.close(true);
}
