import { type ClusterView, type NodeSnapshot, snapshotMs } from "@parloir/contracts/cluster.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { readBoard } from "@parloir/platform/snapshot/board.ts";
import type { GatewaySocket } from "./context.ts";

/**
 * The metrics page's live view: while an admin watches, the snapshots of all processes are read once for all of this
 * gateway's watchers and pushed to them. Without Redis, which holds them, this gateway tells of itself, and of the
 * others what it read last: an outage is when somebody looks.
 */
export interface ClusterWatch {
  /** Answers with the view of now. */
  watch: (socket: GatewaySocket) => Promise<ClusterView | null>;
  unwatch: (socket: GatewaySocket) => void;
  /** This gateway's newest snapshot. */
  tellOwn: (snapshot: NodeSnapshot) => void;
  stop: () => void;
}

export function createClusterWatch(options: { redis: RedisClient; log: Log }): ClusterWatch {
  const watchers = new Set<GatewaySocket>();
  let own: NodeSnapshot | null = null;
  let lastRead: NodeSnapshot[] = [];
  let timer: NodeJS.Timeout | undefined;
  let reading = false;

  /** Null only before the first snapshot of this gateway. */
  async function read(): Promise<ClusterView | null> {
    try {
      const view = await readBoard(options.redis);
      lastRead = view.nodes;
      return view;
    } catch (error) {
      options.log.debug({ err: error }, "the snapshots could not be read");
      return own && withoutBoard(own, lastRead);
    }
  }

  async function tick(): Promise<void> {
    if (reading) return;
    reading = true;
    const view = await read();
    reading = false;
    if (!view) return;
    for (const socket of watchers) {
      // A role is asked for again every two seconds (team.ts): who is no admin any more sees no more.
      if (socket.data.user.role === "admin") socket.volatile.emit("cluster", view);
      else unwatch(socket);
    }
  }

  function unwatch(socket: GatewaySocket): void {
    watchers.delete(socket);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    async watch(socket) {
      watchers.add(socket);
      timer ??= setInterval(() => void tick(), snapshotMs).unref();
      return read();
    },
    unwatch,
    tellOwn(snapshot) {
      own = snapshot;
    },
    stop: () => clearInterval(timer),
  };
}

function withoutBoard(own: NodeSnapshot, others: NodeSnapshot[]): ClusterView {
  const nodes = others.filter(({ name }) => name !== own.name);
  return { at: new Date().toISOString(), nodes: [own, ...nodes], alone: own.name };
}
