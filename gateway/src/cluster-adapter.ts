import type { RedisClient } from "@parloir/platform/redis.ts";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import type { Namespace } from "socket.io";
import { type ClusterMessage, MessageType } from "socket.io-adapter";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * The sharded Redis adapter with one hook: a broadcast from elsewhere is offered to `intercept` first, so that
 * messages reach sockets only through the sequencer.
 */
export type Intercept = (room: string, event: string, payload: unknown) => boolean;

/** Which trace a pushed payload is in. It goes beside the payload: what clients get does not hold it. */
export type PushTraces = WeakMap<object, string>;

export function createClusterAdapter(options: {
  publisher: RedisClient;
  subscriptions: Subscriptions;
  traces: PushTraces;
  intercept: Intercept;
}) {
  // ioredis needs no duplicate client for publishing; `dynamic` gives each room a channel of its own, so a gateway
  // without members in a room hears nothing of it.
  const create = createShardedAdapter(options.publisher, options.subscriptions.port, {
    subscriptionMode: "dynamic",
  });
  // A `function`, because Socket.IO calls it with `new`.
  return function clusterAdapter(namespace: Namespace) {
    const adapter = create(namespace) as unknown as { onMessage: (message: ClusterMessage) => void };
    const onMessage = adapter.onMessage.bind(adapter);
    adapter.onMessage = (message) => {
      const broadcast = broadcastOf(message);
      const { traceparent } = message as TracedMessage;
      if (broadcast && traceparent !== undefined)
        options.traces.set(broadcast.payload as object, traceparent);
      if (broadcast && options.intercept(broadcast.room, broadcast.event, broadcast.payload)) return;
      onMessage(message);
    };
    return adapter;
  };
}

/** As our publisher sends it; the adapter passes over what it does not know. */
type TracedMessage = ClusterMessage & { traceparent?: string };

function broadcastOf(message: ClusterMessage): { room: string; event: string; payload: unknown } | null {
  if (message.type !== MessageType.BROADCAST) return null;
  const rooms = message.data.opts.rooms as Iterable<string>;
  const [room] = rooms;
  const [event, payload] = (message.data.packet as { data: [string, unknown] }).data;
  return room === undefined ? null : { room, event, payload };
}
