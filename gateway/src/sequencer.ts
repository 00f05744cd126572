import type { Message } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { changeOf, type Position, Ring, type Sequenced } from "./ring.ts";

/**
 * Gives the sockets of this gateway each conversation in the order of its changes: new messages in seq order, each
 * once, and between them what happened to older ones, whatever the pub/sub does.
 *
 * A message takes a change with its seq, an edit, deletion or reaction takes one alone: of whatever is pushed, the
 * change says whether it is the next. Per open conversation it knows the last one released. A push that repeats is
 * dropped, the next one is released, an early one is held; what is missing is asked from the api, once for all local
 * sockets. A repair brings messages as they stand by then: of several changes to one only the last is delivered. A lost
 * *last* one leaves no gap to see: it shows by a tip, a head that somebody has read from the database.
 */
export interface Sequencer<Item extends Sequenced = Message> {
  /** Starts (or, when it runs, checks) a conversation whose head is known to be at least `head`. */
  open: (conversationId: string, head: Head) => void;
  close: (conversationId: string) => void;
  push: (message: Item) => void;
  /** A head that the database has reached. Repaired unless the push comes within the grace time. */
  tip: (conversationId: string, head: Head) => void;
  /** Like `tip`, repaired at once; resolves when the conversation stands at `head` or the repair failed. */
  catchUp: (conversationId: string, head: Head) => Promise<void>;
  /** Another history began: forgets everything and stands at `head`. */
  reset: (conversationId: string, head: Head) => void;
  /**
   * What follows the cursor (see Ring), when the ring provably holds all of it up to its position.
   */
  since: (
    conversationId: string,
    after: number,
    change?: number,
  ) => { messages: Item[]; lastSeq: number; lastChange: number } | null;
  /** The last seq released. */
  position: (conversationId: string) => number | undefined;
  /** The last change released. */
  change: (conversationId: string) => number | undefined;
  conversations: () => string[];
  stop: () => void;
}

export type { Sequenced } from "./ring.ts";

/** A plain number, or a head without lastChange, is of something that never changes: both counters stand there. */
export type Head = number | { lastSeq: number; lastChange?: number };

function positionOf(head: Head): Position {
  if (typeof head === "number") return { seq: head, change: head };
  return { seq: head.lastSeq, change: head.lastChange ?? head.lastSeq };
}

/** Of a repair: what follows a position, as `sync` shows it to clients. */
export type RepairPage<Item extends Sequenced> = {
  messages: Item[];
  lastSeq: number;
  lastChange?: number;
  complete: boolean;
  reset?: true;
};

interface Room<Item extends Sequenced> {
  id: string;
  position: Position;
  ring: Ring<Item>;
  /** By change. */
  held: Map<number, Item>;
  /** Highest head heard of, and since when we have been behind it. */
  tip: Position;
  behindSince: number;
  repairing: Promise<void> | null;
}

export type DeliverySource = "push" | "repair";
/** A message that follows the last one, or one of those before as it stands now. */
export type Delivered = "new" | "updated";

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
  /** One read of what follows `after` and `change`, for the room and not for a person. */
  read: (conversationId: string, after: number, limit: number, change: number) => Promise<RepairPage<Item>>;
  deliver: (conversationId: string, message: Item, source: DeliverySource, what: Delivered) => void;
  resync: (conversationId: string, reason: string) => void;
  log: Log;
  metrics: Metrics;
  /** What is counted as delivered; everything unless given. */
  isCounted?: (message: Item) => boolean;
  /** Those of messages unless given. */
  counters?: SequencerCounters;
}): Sequencer<Item> {
  const { log, counters: { delivered, repeated, gaps } = messageCounters(options.metrics) } = options;
  const rooms = new Map<string, Room<Item>>();
  const behind = new Set<Room<Item>>();
  const sweeper = setInterval(sweep, sweepMs);
  sweeper.unref();

  function release(room: Room<Item>, message: Item, source: DeliverySource): void {
    const what = message.seq > room.position.seq ? "new" : "updated";
    if (what === "new") room.position.seq = message.seq;
    room.ring.push(message);
    if (options.isCounted?.(message) ?? true) delivered.inc({ source });
    options.deliver(room.id, message, source, what);
  }

  /** Releases a push when it is the next change. After half a repair its message may still be ahead of its turn. */
  function releaseNext(room: Room<Item>, message: Item): boolean {
    const change = changeOf(message);
    if (change !== room.position.change + 1 || message.seq > room.position.seq + 1) return false;
    room.position.change = change;
    release(room, message, "push");
    return true;
  }

  function releaseHeld(room: Room<Item>): void {
    for (;;) {
      const next = room.held.get(room.position.change + 1);
      if (!next || !releaseNext(room, next)) break;
    }
    for (const change of room.held.keys()) if (change <= room.position.change) room.held.delete(change);
    settle(room);
  }

  function isBehind({ position, tip }: Room<Item>): boolean {
    return position.seq < tip.seq || position.change < tip.change;
  }

  /** Whether the room is behind its tip or holds early messages, and since when. */
  function settle(room: Room<Item>): void {
    if (!isBehind(room) && room.held.size === 0) {
      if (behind.delete(room) && room.repairing === null) room.behindSince = 0;
      return;
    }
    if (!behind.has(room)) {
      room.behindSince = performance.now();
      behind.add(room);
    }
  }

  /** False when there is no such room, or when it stands there already. */
  function raiseTip(room: Room<Item> | undefined, head: Position): room is Room<Item> {
    if (!room || (head.seq <= room.position.seq && head.change <= room.position.change)) return false;
    raise(room.tip, head);
    settle(room);
    return true;
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
      let asked: Position;
      for (;;) {
        const { seq, change } = room.position;
        asked = { ...room.tip };
        const item = await options.read(room.id, seq, repairPage, change);
        if (rooms.get(room.id) !== room) return;
        const head = positionOf(item);
        if (item.reset || isTooFar(room.position, head)) {
          jump(room, head);
          outcome = "resync";
          break;
        }
        const taken = take(room, item.messages);
        room.position.change = Math.max(room.position.change, head.change);
        // Should the next page fail: this one's messages are not all that there are.
        for (const tip of [room.tip, asked]) raise(tip, { seq: head.seq, change: 0 });
        if (taken > 0) outcome = "repaired";
        releaseHeld(room);
        if (item.complete || taken === 0) break;
      }
      // A tip is a head that somebody read: when the database itself stands lower, the tip was another history's. Not
      // one that was heard of while the answer was on its way: that may be of a message committed since.
      const isAnswered = room.tip.seq <= asked.seq && room.tip.change <= asked.change;
      if (isAnswered) room.tip = { ...room.position };
      gaps.inc({ outcome });
    } catch (error) {
      log.debug({ err: error, conversationId: room.id }, "a gap could not be repaired yet");
    }
  }

  /** The new ones in seq order, then what changed; whatever pushes brought while it was read is passed over. */
  function take(room: Room<Item>, messages: Item[]): number {
    const changed = messages
      .filter((each) => each.seq <= room.position.seq && changeOf(each) > room.position.change)
      .sort((a, b) => changeOf(a) - changeOf(b));
    const fresh = messages.filter((each) => each.seq > room.position.seq);
    for (const message of [...fresh, ...changed])
      if (message.seq <= room.position.seq + 1) release(room, message, "repair");
    return fresh.length + changed.length;
  }

  /** The sockets are told to reload; sequencing goes on from the head. */
  function jump(room: Room<Item>, head: Position): void {
    room.position = head;
    room.ring = new Ring(head);
    for (const change of room.held.keys()) if (change <= head.change) room.held.delete(change);
    options.resync(room.id, "behind");
  }

  return {
    open(conversationId, head) {
      const position = positionOf(head);
      const room = rooms.get(conversationId);
      if (room) {
        raiseTip(room, position);
        return;
      }
      rooms.set(conversationId, {
        id: conversationId,
        position,
        ring: new Ring(position),
        held: new Map(),
        tip: { ...position },
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
      const change = changeOf(message);
      if (change <= room.position.change) {
        repeated.inc();
        return;
      }
      raise(room.tip, { seq: message.seq, change });
      if (!releaseNext(room, message)) room.held.set(change, message);
      if (room.held.size > 0 || behind.has(room) || isBehind(room)) releaseHeld(room);
    },
    tip: (conversationId, head) => void raiseTip(rooms.get(conversationId), positionOf(head)),
    async catchUp(conversationId, head) {
      const room = rooms.get(conversationId);
      if (raiseTip(room, positionOf(head))) await repair(room);
    },
    reset(conversationId, head) {
      const room = rooms.get(conversationId);
      if (!room) return;
      const position = positionOf(head);
      Object.assign(room, { position, tip: { ...position }, ring: new Ring(position), held: new Map() });
      settle(room);
    },
    since(conversationId, after, change) {
      const room = rooms.get(conversationId);
      if (!room) return null;
      const { position } = room;
      if (after > position.seq || (change ?? 0) > position.change) return null;
      const isAtHead = after === position.seq && (change === undefined || change === position.change);
      const messages = isAtHead ? [] : room.ring.since(after, change);
      return messages && { messages, lastSeq: position.seq, lastChange: position.change };
    },
    position: (conversationId) => rooms.get(conversationId)?.position.seq,
    change: (conversationId) => rooms.get(conversationId)?.position.change,
    conversations: () => [...rooms.keys()],
    stop: () => clearInterval(sweeper),
  };
}

function raise(tip: Position, { seq, change }: Position): void {
  tip.seq = Math.max(tip.seq, seq);
  tip.change = Math.max(tip.change, change);
}

function isTooFar(position: Position, head: Position): boolean {
  return head.seq - position.seq > widestRepair || head.change - position.change > widestRepair;
}
