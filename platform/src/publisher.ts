import { randomBytes } from "node:crypto";
import type { ServerEvent, ServerPayload } from "@parloir/contracts/events.ts";
import type { RoomNotices } from "@parloir/contracts/internal.ts";
import type { Log } from "./log.ts";
import type { RedisClient } from "./redis.ts";
import { codeOf, type Tracing } from "./tracing.ts";

/**
 * Publishes events to rooms from processes that hold no sockets, in the envelope of the sharded Redis adapter of
 * Socket.IO (`@socket.io/redis-emitter` speaks only the classic one: socketio/socket.io-redis-emitter#127).
 *
 * Guarantee: none. A publish may be lost, and the gateways' sequencers repair what is. Nothing here may fail a
 * request: errors are counted.
 */
export interface RoomPublisher {
  /** Emits an event to every socket in one room, on every gateway. One room per publish: see `channelOf`. */
  emit: <E extends ServerEvent>(
    room: string,
    event: E,
    payload: ServerPayload<E>,
    /** Goes beside the payload, to the gateways and no further. */
    traceparent?: string,
  ) => void;
  /** Tells the gateways that have the room; they keep it from its sockets. */
  notify: <N extends keyof RoomNotices>(room: string, notice: N, payload: RoomNotices[N]) => void;
}

const namespaceChannel = "socket.io#/#";
const broadcast = 3;
const eventPacket = 2;

/**
 * The channel of a room. The adapter listens on a room's own channel, but takes every 20-character name for a
 * socket id, whose broadcasts travel on the namespace's channel (socket.io-redis-adapter, `looksLikeASocketId`).
 */
export function channelOf(room: string): string {
  return room.length === 20 ? namespaceChannel : `${namespaceChannel}${room}#`;
}

export function createRoomPublisher(options: {
  redis: RedisClient;
  tracing: Tracing;
  log: Log;
  onPublished: (receivers: number) => void;
  onFailed: () => void;
}): RoomPublisher {
  const uid = randomBytes(8).toString("hex");
  let failing = false;

  function publish(room: string, event: string, payload: unknown, traceparent?: string): void {
    const span = options.tracing.step("publish", traceparent);
    const envelope = JSON.stringify({
      uid,
      nsp: "/",
      type: broadcast,
      traceparent: span?.traceparent,
      data: {
        packet: { type: eventPacket, data: [event, payload], nsp: "/" },
        opts: { rooms: [room], except: [], flags: {} },
      },
    });
    options.redis.spublish(channelOf(room), envelope).then(
      (receivers) => {
        failing = false;
        span?.end({ receivers: Number(receivers) });
        options.onPublished(Number(receivers));
      },
      (error: unknown) => {
        span?.end({ error: codeOf(error) });
        options.onFailed();
        if (!failing) options.log.warn({ err: error }, "publishing fails");
        failing = true;
      },
    );
  }

  return { emit: publish, notify: publish };
}
