import { type ChannelEvent, maxChannelPage } from "@parloir/contracts/channels.ts";
import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Batcher } from "./batcher.ts";
import type { GatewayServer, GatewaySocket } from "./context.ts";
import { createHeads } from "./heads.ts";
import { createRoomEntry } from "./room-entry.ts";
import { createRoomRosters } from "./room-rosters.ts";
import { createSequencer, type RepairPage } from "./sequencer.ts";
import type { Stream } from "./streams.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * Channels on this gateway, by the same parts as conversations: entry with a barrier, sequencer, rosters, heads. Every
 * push carries its channel's roster, so nothing that was published after a removal reaches who was removed, whatever
 * pub/sub does.
 */
export interface Channels extends Stream {
  /** False when they may not, or there is no such channel. @throws CodedError UNAVAILABLE */
  subscribe: (socket: GatewaySocket, name: string) => Promise<boolean>;
  push: (event: ChannelEvent & { roster: number }) => Promise<void>;
  /** Somebody may no longer subscribe. */
  recheck: (name: string) => Promise<void>;
  /** A head that somebody has read from the database. */
  tip: (name: string, cursor: number) => void;
  /** The last local subscriber left. */
  close: (name: string) => void;
  stop: () => void;
}

/** A channel's event as the sequencer takes it. */
interface Numbered {
  conversationId: string;
  seq: number;
  event: ChannelEvent;
}

export function createChannels(options: {
  io: GatewayServer;
  subscriptions: Subscriptions;
  subscribers: Batcher<"subscribers">;
  reads: Batcher<"channelRead">;
  heads: Batcher<"channelHeads">;
  epoch: () => string;
  log: Log;
  metrics: Metrics;
}): Channels {
  const { io, subscribers, reads, log } = options;
  const rosters = createRoomRosters({
    io,
    roomOf: roomNames.channel,
    async ask(channel, userIds) {
      const found = await subscribers.submit(channel, { channel, userIds });
      return { staying: found.userIds, roster: found.roster };
    },
    mayStay: ({ data }, channel) => data.channelGrants.has(channel),
    takenOut: (socket, channel) => void socket.emit("channel_removed", { channel }),
    gone: () => undefined,
  });
  const sequencer = createSequencer<Numbered>({
    async read(channel, after, limit) {
      const page = await reads.submit(channel, { channel, after, limit: Math.min(limit, maxChannelPage) });
      await rosters.check(channel, page.roster);
      return repairPage(page);
    },
    deliver: (channel, { event }) =>
      void io.local.to(roomNames.channel(channel)).emit("channel_event", event),
    resync: (channel, reason) =>
      void io.local.to(roomNames.channel(channel)).emit("resync", { reason, channel }),
    log,
    metrics: options.metrics,
    counters: countersOf(options.metrics),
  });
  const heads = createHeads({
    async ask(channel, known, epoch) {
      const { cursor, roster } = await options.heads.submit(channel, { channel, known, epoch });
      return { lastSeq: cursor, roster };
    },
    epoch: options.epoch,
    sequencer,
    rosters,
  });
  const enter = createRoomEntry({ ...options, roomOf: roomNames.channel, sequencer, heads, rosters });

  return {
    heads,
    sequencer,
    async subscribe(socket, name) {
      if (socket.rooms.has(roomNames.channel(name))) return true;
      const { userId } = socket.data.user;
      const found = await subscribers.submit(name, { channel: name, userIds: [userId] });
      if (found.userIds.length === 0 && !socket.data.channelGrants.has(name)) return false;
      await enter([socket], new Map([[name, { lastSeq: found.cursor, roster: found.roster }]]));
      return true;
    },
    async push({ roster, ...event }) {
      try {
        await rosters.check(event.channel, roster);
      } catch (error) {
        // Not delivered to anybody: the hole is repaired by a read, which checks again.
        log.debug({ err: error, channel: event.channel }, "the subscribers of a channel could not be read");
        sequencer.tip(event.channel, event.cursor);
        return;
      }
      sequencer.push(numbered(event));
    },
    async recheck(name) {
      try {
        await rosters.recheck(name);
      } catch (error) {
        log.warn({ err: error }, "the subscribers of a channel could not be read: the next event tells");
      }
    },
    tip: sequencer.tip,
    close(name) {
      sequencer.close(name);
      rosters.forget(name);
    },
    stop: sequencer.stop,
  };
}

function numbered(event: ChannelEvent): Numbered {
  return { conversationId: event.channel, seq: event.cursor, event };
}

/** What is not kept any more cannot be repaired: `reset` moves on to the head and tells the sockets. */
function repairPage(page: {
  cursor: number;
  events: ChannelEvent[];
  complete: boolean;
}): RepairPage<Numbered> {
  const { cursor, events, complete } = page;
  return {
    messages: events.map(numbered),
    lastSeq: cursor,
    complete,
    ...(events.length === 0 && !complete ? { reset: true } : {}),
  };
}

function countersOf(metrics: Metrics) {
  return {
    delivered: metrics.get("parloir_channel_events_delivered_total"),
    repeated: metrics.get("parloir_channel_events_repeated_total"),
    gaps: metrics.get("parloir_channel_gaps_total"),
  };
}
