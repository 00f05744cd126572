import type { Message } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";

/**
 * Gives the sockets of this gateway each conversation in seq order, each message once, whatever the pub/sub does.
 *
 * Per open conversation it knows the last released seq. A pushed message that repeats is dropped, the next one is
 * released, an early one is held; what is missing is asked from the api, once for all local sockets. A lost *last*
 * message leaves no gap to see: it shows by a tip, a head that somebody has read from the database.
 */
export interface Sequencer<Item extends Sequenced = Message> {
  /** Starts (or, when it runs, checks) a conversation whose head is known to be at least `head`. */
  open: (conversationId: string, head: number) => void;
  close: (conversationId: string) => void;
  push: (message: Item) => void;
  /** A head that the database has reached. Repaired unless the push comes within the grace time. */
  tip: (conversationId: string, head: number) => void;
  /** Like `tip`, repaired at once; resolves when the conversation stands at `head` or the repair failed. */
  catchUp: (conversationId: string, head: number) => Promise<void>;
  /** Another history began: forgets everything and stands at `head`. */
  reset: (conversationId: string, head: number) => void;
  /** Messages after the cursor, when the ring provably holds all of them up to its position. */
  since: (conversationId: string, after: number) => { messages: Item[]; lastSeq: number } | null;
  position: (conversationId: string) => number | undefined;
  conversations: () => string[];
  stop: () => void;
}

/** What is numbered without gaps within its conversation, or within whatever else has numbers of its own. */
export interface Sequenced {
  conversationId: string;
  seq: number;
}

/** Of a repair: what follows a position, as `sync` shows it to clients. */
export type RepairPage<Item extends Sequenced> = {
  messages: Item[];
  lastSeq: number;
  complete: boolean;
  reset?: true;
};

interface Room<Item extends Sequenced> {
  id: string;
  position: number;
  ring: { message: Item; at: number }[];
  held: Map<number, Item>;
  /** Highest head heard of, and since when we have been behind it. */
  tip: number;
  behindSince: number;
  repairing: Promise<void> | null;
}

export type DeliverySource = "push" | "repair";

export interface SequencerCounters {
  delivered: { inc: (labels: { source: DeliverySource }) => void };
  repeated: { inc: () => void };
  gaps: { inc: (labels: { outcome: string }) => void };
}

function messageCounters(metrics: Metrics): SequencerCounters {
  return {
    delivered: metrics.get("parloir_messages_delivered_total"),
    repeated: metrics.get("parloir_messages_repeated_total"),
    gaps: metrics.get("parloir_gaps_total"),
  };
}

/** At least so many are kept, at most twice as many. */
const ringSize = 100;
const ringMs = 120_000;
/** A push and the ack of the same message race: only after this long is a tip a sign of loss. */
const tipGraceMs = 500;
/** Two apis may publish neighbours a few milliseconds out of order: a hole that stays longer is a loss. */
const gapGraceMs = 150;
const sweepMs = 100;
const repairPage = 200;
/** Beyond this a client is better off reloading the newest page than receiving everything as pushes. */
const widestRepair = 1_000;
const repairRetryMs = 1_000;

export function createSequencer<Item extends Sequenced = Message>(options: {
  /** One read of what follows `after`, for the room and not for a person. */
  read: (conversationId: string, after: number, limit: number) => Promise<RepairPage<Item>>;
  deliver: (conversationId: string, message: Item, source: DeliverySource) => void;
  resync: (conversationId: string, reason: string) => void;
  log: Log;
  metrics: Metrics;
  /** Those of messages unless given. */
  counters?: SequencerCounters;
}): Sequencer<Item> {
  const { log, counters: { delivered, repeated, gaps } = messageCounters(options.metrics) } = options;
  const rooms = new Map<string, Room<Item>>();
  const behind = new Set<Room<Item>>();
  const sweeper = setInterval(sweep, sweepMs);
  sweeper.unref();

  function release(room: Room<Item>, message: Item, source: DeliverySource): void {
    room.position = message.seq;
    room.ring.push({ message, at: performance.now() });
    // Trimmed by halves: a shift for every message showed in the profile.
    if (room.ring.length >= 2 * ringSize) room.ring.splice(0, ringSize);
    delivered.inc({ source });
    options.deliver(room.id, message, source);
  }

  function releaseHeld(room: Room<Item>): void {
    for (;;) {
      const next = room.held.get(room.position + 1);
      if (!next) break;
      room.held.delete(next.seq);
      release(room, next, "push");
    }
    for (const seq of room.held.keys()) if (seq <= room.position) room.held.delete(seq);
    settle(room);
  }

  /** Whether the room is behind its tip or holds early messages, and since when. */
  function settle(room: Room<Item>): void {
    if (room.position >= room.tip && room.held.size === 0) {
      if (behind.delete(room) && room.repairing === null) room.behindSince = 0;
      return;
    }
    if (!behind.has(room)) {
      room.behindSince = performance.now();
      behind.add(room);
    }
  }

  function sweep(): void {
    const now = performance.now();
    for (const room of behind) {
      const grace = room.held.size > 0 ? gapGraceMs : tipGraceMs;
      if (room.repairing === null && now - room.behindSince >= grace) void repair(room);
    }
  }

  function repair(room: Room<Item>): Promise<void> {
    room.repairing ??= runRepair(room).finally(() => {
      room.repairing = null;
      // Also after a failure: the next attempt comes after the pause.
      room.behindSince = performance.now() + repairRetryMs - tipGraceMs;
      if (rooms.get(room.id) === room) settle(room);
    });
    return room.repairing;
  }

  async function runRepair(room: Room<Item>): Promise<void> {
    try {
      let outcome = "closed" as "closed" | "repaired" | "resync";
      for (;;) {
        const item = await options.read(room.id, room.position, repairPage);
        if (rooms.get(room.id) !== room) return;
        if (item.reset || item.lastSeq - room.position > widestRepair) {
          jump(room, item.lastSeq);
          outcome = "resync";
          break;
        }
        const missing = item.messages.filter((message) => message.seq > room.position);
        if (missing.length > 0) outcome = "repaired";
        for (const message of missing)
          if (message.seq === room.position + 1) release(room, message, "repair");
        releaseHeld(room);
        if (item.complete || missing.length === 0) break;
      }
      // A tip is a head that somebody read: when the database itself stands lower, the tip was another history's.
      room.tip = Math.max(room.position, ...room.held.keys());
      gaps.inc({ outcome });
    } catch (error) {
      log.debug({ err: error, conversationId: room.id }, "a gap could not be repaired yet");
    }
  }

  /** The sockets are told to reload; sequencing goes on from the head. */
  function jump(room: Room<Item>, head: number): void {
    room.position = head;
    room.ring = [];
    for (const seq of room.held.keys()) if (seq <= head) room.held.delete(seq);
    options.resync(room.id, "behind");
  }

  return {
    open(conversationId, head) {
      const room = rooms.get(conversationId);
      if (room) {
        if (head > room.tip) room.tip = head;
        settle(room);
        return;
      }
      rooms.set(conversationId, {
        id: conversationId,
        position: head,
        ring: [],
        held: new Map(),
        tip: head,
        behindSince: 0,
        repairing: null,
      });
    },
    close(conversationId) {
      const room = rooms.get(conversationId);
      if (room) behind.delete(room);
      rooms.delete(conversationId);
    },
    push(message) {
      const room = rooms.get(message.conversationId);
      // Not opened yet: whoever opens it reads the head after its subscription was confirmed.
      if (!room) return;
      if (message.seq <= room.position) {
        repeated.inc();
        return;
      }
      if (message.seq > room.tip) room.tip = message.seq;
      if (message.seq === room.position + 1) release(room, message, "push");
      else room.held.set(message.seq, message);
      if (room.held.size > 0 || behind.has(room) || room.position < room.tip) releaseHeld(room);
    },
    tip(conversationId, head) {
      const room = rooms.get(conversationId);
      if (!room || head <= room.position) return;
      if (head > room.tip) room.tip = head;
      settle(room);
    },
    async catchUp(conversationId, head) {
      const room = rooms.get(conversationId);
      if (!room || head <= room.position) return;
      if (head > room.tip) room.tip = head;
      settle(room);
      await repair(room);
    },
    reset(conversationId, head) {
      const room = rooms.get(conversationId);
      if (!room) return;
      Object.assign(room, { position: head, tip: head, ring: [], held: new Map() });
      settle(room);
    },
    since(conversationId, after) {
      const room = rooms.get(conversationId);
      if (!room || after > room.position) return null;
      const oldest = performance.now() - ringMs;
      while (room.ring[0] && room.ring[0].at < oldest) room.ring.shift();
      const first = room.position - room.ring.length + 1;
      if (after + 1 < first) return null;
      const messages = room.ring.slice(after + 1 - first).map((entry) => entry.message);
      return { messages, lastSeq: room.position };
    },
    position: (conversationId) => rooms.get(conversationId)?.position,
    conversations: () => [...rooms.keys()],
    stop: () => clearInterval(sweeper),
  };
}
