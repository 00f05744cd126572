/**
 * What the load clients did and saw, as plain data: the checker needs nothing else besides the database.
 * All times are milliseconds of one monotonic clock, because every client lives in one process.
 */
export interface History {
  /** Members by conversation, from beginning to end. */
  members: Map<string, string[]>;
  /** Those who come and go. */
  stays: Stay[];
  devices: { id: number; userId: string }[];
  sockets: SocketLog[];
  sends: Send[];
  changes: ChangeLog[];
  marks: Mark[];
  syncs: SyncLog[];
  trespasses: Trespass[];
  /** Refused handshakes, by code. */
  refusals: { at: number; device: number; code: string }[];
  /** What each device shows at the end, after a quiet time and without reloading. */
  shown: ShownList[];
  /** `GET /api/messages/unread` of each person at the end. */
  unread: Map<string, Record<string, number>>;
  /** People who have a browser that can be told without an open page. */
  reachable: string[];
  /** What their push service was sent, repeats included. */
  told: Told[];
  faults: FaultRecord[];
  /** Devices without a connection at the end of the quiet time. */
  offlineAtEnd: number[];
}

/** From when their adding was asked for until their removal was answered; Infinity: not removed, or not for certain. */
export interface Stay {
  conversationId: string;
  userId: string;
  from: number;
  to: number;
}

/** A message as a device shows it, or as a row holds it. */
export interface Shown {
  seq: number;
  id: string;
  senderId: string;
  clientMessageId: string;
  content: string;
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
  /** See `reactionsText`. */
  reactions: string;
}

export interface ShownList {
  device: number;
  conversationId: string;
  messages: Shown[];
  /** When each of them was shown first. */
  shownAt: number[];
}

export interface Receipt {
  id: string;
  seq: number;
  createdAt: string;
  duplicate: boolean;
}

/** One emission of a send. `unknown`: no answer, or one that leaves it open; the same send is emitted again. */
export interface Attempt {
  socket: number;
  at: number;
  end: number;
  outcome: "open" | "ok" | "failed" | "unknown";
  code: string | null;
  receipt: Receipt | null;
}

export interface Send {
  conversationId: string;
  userId: string;
  clientMessageId: string;
  content: string;
  /** `message`: must be acked at last. The others must be refused for good and never appear. */
  purpose: "message" | "conflict" | "foreign" | "blank";
  /** When the person pressed enter: an emission may have had to wait for a connection. */
  queuedAt: number;
  /** In order of emission; after the first `ok` only deliberate repeats. */
  attempts: Attempt[];
  /** The sender's own list shows it at the end: a client need not ask again for an ack that was lost. */
  isShown?: true;
}

/** One try to change a message. It is not repeated: without an answer it may have happened. */
export interface ChangeLog {
  conversationId: string;
  seq: number;
  userId: string;
  kind: "edit_message" | "delete_message" | "react";
  /** Of an edit. */
  content: string;
  /** Of a reaction. */
  emoji: string;
  on: boolean;
  /** By a member who did not write it, and who must be refused. */
  isForeign: boolean;
  at: number;
  end: number;
  outcome: Attempt["outcome"];
  code: string | null;
  /** Of the message in the answer; 0 without one. */
  change: number;
}

export interface Mark {
  conversationId: string;
  userId: string;
  seq: number;
  at: number;
  end: number;
  /** Null: unknown. */
  lastReadSeq: number | null;
}

export interface SyncLog {
  socket: number;
  at: number;
  conversationId: string;
  after: number;
  /** The cursor's. */
  change: number;
  seqs: number[];
  /** Of the older messages in the answer. */
  changes: number[];
  lastChange: number;
  lastSeq: number;
  complete: boolean;
  reset: boolean;
}

/** A command of somebody about a conversation that is not theirs. */
export interface Trespass {
  at: number;
  userId: string;
  conversationId: string;
  command: string;
  /** Whether they were given anything but a refusal. */
  answered: boolean;
  answer: string;
}

export interface SocketLog {
  id: number;
  device: number;
  userId: string;
  node: string;
  /** From `ready`; empty before it, or where it is not known. */
  epoch: string;
  startedAt: number;
  readyAt: number;
  closedAt: number;
  /** From `ready`. */
  heads: { conversationId: string; lastSeq: number; lastReadSeq: number }[];
  heard: Heard[];
}

/** An event that names a conversation, or a `resync`, in order of arrival. */
export interface Heard {
  at: number;
  event: string;
  conversationId: string;
  seq: number;
  /** Of messages; 0 for the rest. */
  change: number;
  /** Of messages and notifications. */
  id: string;
}

/** `id` is the ledger's, the same in every attempt. */
export interface Told {
  at: number;
  id: string;
  userId: string;
  conversationId: string;
  seq: number;
}

export interface FaultRecord {
  number: number;
  kind: string;
  target: string;
  startedAt: number;
  /** When nothing was being done to the cluster any more. */
  endedAt: number;
  /** From then on every client is connected, sends are answered and what is acked is delivered; NaN: never. */
  stableAt: number;
  /** What was seen to happen: a pid that is gone, state T in /proc, a refused connection. Empty: it did not. */
  evidence: string[];
}

export function createHistory(): History {
  return {
    members: new Map(),
    stays: [],
    devices: [],
    sockets: [],
    sends: [],
    changes: [],
    marks: [],
    syncs: [],
    trespasses: [],
    refusals: [],
    shown: [],
    unread: new Map(),
    reachable: [],
    told: [],
    faults: [],
    offlineAtEnd: [],
  };
}
