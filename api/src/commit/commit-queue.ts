import { CodedError } from "@parloir/contracts/errors.ts";
import type { SendReceipt } from "@parloir/contracts/events.ts";
import { isCanary } from "@parloir/contracts/ids.ts";
import type { SendItem } from "@parloir/contracts/internal.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { type Span, type Tracing, traced } from "@parloir/platform/tracing.ts";
import { type CommitRow, commitMessages, type NewMessage } from "@parloir/store/commit.ts";
import { type Database, isUniqueViolation } from "@parloir/store/database.ts";
import { fingerprintOf } from "./fingerprint.ts";

/**
 * The group commit's queue. No timer: while a commit is in flight, sends gather; when it returns, they go as one
 * statement. One commit at a time, so that the sends of a conversation are numbered in the order in which they
 * came; measured, a second lane raises throughput little on one Postgres and halves the batches.
 *
 * Guarantees: a promise resolves only after COMMIT; every item has its own result; a repeat within a batch,
 * across batches, processes and time gets the receipt of the first.
 */
export interface CommitQueue {
  /** @throws CodedError NOT_FOUND, CONFLICT, FORBIDDEN, INVALID; UNAVAILABLE when the outcome is unknown */
  submit: (send: SendItem) => Promise<Committed>;
  /** Resolves when nothing is queued or in flight. */
  drained: () => Promise<void>;
}

export interface Committed extends SendReceipt {
  change: number;
  /** Those of the wanted ones who are members. */
  mentions: string[];
  /** Of a message that was just stored; a repeat's are read from where they are. */
  attachments: Attachment[];
}

interface Entry {
  send: SendItem;
  row: NewMessage;
  resolve: (committed: Committed) => void;
  reject: (error: CodedError) => void;
  /** The same send again in this batch: answered with this entry's receipt as a duplicate. */
  repeats: Entry[];
}

/** Measured on 2 cores: 50 → 5.6k, 200 → 11k messages/s; beyond it latency grows faster than throughput. */
const maxBatch = 200;

export function createCommitQueue(options: {
  database: Database;
  /** A block refuses the one who blocked as well. */
  blocksBothWays: boolean;
  tracing: Tracing;
  log: Log;
  metrics: Metrics;
  /** Called once per message that is now durable, in seq order within a conversation; with its trace, if it has one. */
  onStored: (send: SendItem, committed: Committed, traceparent?: string) => void;
  /** Called once per batch and closed conversation that a customer's message opened again. */
  onReopened: (conversationId: string) => void;
}): CommitQueue {
  const { database, blocksBothWays, log } = options;
  const commits = options.metrics.get("parloir_commits_total");
  const outcomes = options.metrics.get("parloir_messages_committed_total");
  const size = options.metrics.get("parloir_commit_size");
  const duration = options.metrics.get("parloir_commit_seconds");
  let queue: Entry[] = [];
  let running = false;
  let whenDrained: (() => void)[] = [];

  function submit(send: SendItem): Promise<Committed> {
    const span = options.tracing.step("commit", send.traceparent);
    return span ? traced(span, enqueue(send, span)) : enqueue(send, undefined);
  }

  function enqueue(send: SendItem, span: Span | undefined): Promise<Committed> {
    return new Promise((resolve, reject) => {
      queue.push({ send, row: newMessage(send, span), resolve, reject, repeats: [] });
      if (!running) {
        running = true;
        // After this tick: the items of one internal request go together.
        queueMicrotask(() => void run());
      }
    });
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const taken = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      const { batch, later } = foldRepeats(taken);
      queue = [...later, ...queue];
      await commit(batch);
    }
    running = false;
    for (const resolve of whenDrained) resolve();
    whenDrained = [];
  }

  async function commit(batch: Entry[]): Promise<void> {
    const stop = duration.startTimer();
    try {
      settle(
        batch,
        await commitMessages(
          database,
          batch.map((entry) => entry.row),
          blocksBothWays,
        ),
      );
      commits.inc({ outcome: "ok" });
      size.observe(batch.length);
    } catch (error) {
      if (isUniqueViolation(error)) await commitOneByOne(batch);
      else fail(batch, error);
    } finally {
      stop();
    }
  }

  /** After a repeat committed on another api between this batch's snapshot and its locks. */
  async function commitOneByOne(batch: Entry[]): Promise<void> {
    commits.inc({ outcome: "rerun" });
    for (const [position, entry] of batch.entries()) {
      try {
        settle([entry], await commitWithRetry(entry.row));
      } catch (error) {
        // Those behind it fail as well: a later message of the conversation must not overtake this one.
        fail(batch.slice(position), error);
        return;
      }
    }
  }

  async function commitWithRetry(row: NewMessage): Promise<CommitRow[]> {
    try {
      return await commitMessages(database, [row], blocksBothWays);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return commitMessages(database, [row], blocksBothWays);
    }
  }

  function settle(batch: Entry[], rows: CommitRow[]): void {
    for (const row of rows) settleOne(batch[row.ord]!, row);
    const reopened = rows.filter((row) => row.reopened).map((row) => batch[row.ord]!.send.conversationId);
    for (const conversationId of new Set(reopened)) options.onReopened(conversationId);
  }

  function settleOne(entry: Entry, row: CommitRow): void {
    const refusal = refusalOf(row.outcome);
    if (refusal) {
      for (const each of [entry, ...entry.repeats]) each.reject(refusal);
      count(entry, refusal.code);
      return;
    }
    const stored = row.outcome === "stored";
    const committed: Committed = {
      id: row.id!,
      conversationId: entry.send.conversationId,
      seq: row.seq!,
      createdAt: row.created_at!,
      duplicate: !stored,
      change: row.change!,
      mentions: row.mentions ?? [],
      attachments: row.attachments ?? [],
    };
    count(entry, stored ? "ok" : "duplicate");
    entry.resolve(committed);
    for (const repeat of entry.repeats) repeat.resolve({ ...committed, duplicate: true });
    if (stored) options.onStored(entry.send, committed, entry.row.traceparent);
  }

  function count({ send }: Entry, outcome: string): void {
    if (!isCanary(send.senderId)) outcomes.inc({ outcome });
  }

  /** The outcome is unknown: the client asks again with the same clientMessageId. */
  function fail(batch: Entry[], cause: unknown): void {
    log.error({ err: cause, messages: batch.length }, "a commit failed");
    commits.inc({ outcome: "failed" });
    const error = new CodedError("UNAVAILABLE", "the message could not be stored now", { cause });
    // Those that wait fail with it: behind a Postgres that does not answer, each batch would time out in turn.
    const waiting = queue;
    queue = [];
    for (const entry of [...batch, ...waiting])
      for (const each of [entry, ...entry.repeats]) each.reject(error);
    for (const entry of [...batch, ...waiting]) count(entry, "UNAVAILABLE");
  }

  return {
    submit,
    drained: () => (running ? new Promise<void>((resolve) => whenDrained.push(resolve)) : Promise.resolve()),
  };
}

function newMessage(send: SendItem, span: Span | undefined): NewMessage {
  return {
    conversationId: send.conversationId,
    senderId: send.senderId,
    clientMessageId: send.clientMessageId,
    content: send.content,
    fingerprint: fingerprintOf(send),
    replyToSeq: send.replyToSeq ?? null,
    mentions: send.mentions?.length ? [...new Set(send.mentions)] : null,
    attachmentIds: send.attachmentIds?.length ? send.attachmentIds : null,
    traceparent: span?.traceparent,
  };
}

/**
 * The statement takes at most one item per (conversation, sender, clientMessageId). The same send again joins the
 * first; another content under the same id waits for the next batch, where the database judges it, and so does a
 * message with an attachment that an earlier one wants too.
 */
function foldRepeats(entries: Entry[]): { batch: Entry[]; later: Entry[] } {
  const first = new Map<string, Entry>();
  const later: Entry[] = [];
  const wanted = new Set<string>();
  for (const entry of entries) {
    const { conversationId, senderId, clientMessageId, fingerprint } = entry.row;
    const key = `${conversationId} ${senderId} ${clientMessageId}`;
    const earlier = first.get(key);
    const files = entry.row.attachmentIds ?? [];
    if (!earlier) {
      if (files.some((id) => wanted.has(id))) {
        later.push(entry);
        continue;
      }
      for (const id of files) wanted.add(id);
      first.set(key, entry);
    } else if (earlier.row.fingerprint === fingerprint) earlier.repeats.push(entry);
    else later.push(entry);
  }
  return { batch: [...first.values()], later };
}

function refusalOf(outcome: CommitRow["outcome"]): CodedError | null {
  if (outcome === "not_member") return new CodedError("NOT_FOUND", "no such conversation");
  if (outcome === "conflict")
    return new CodedError("CONFLICT", "this clientMessageId was used for another message");
  // The same to both of the two, whoever blocked: it does not say that one was blocked.
  if (outcome === "blocked") return new CodedError("FORBIDDEN", "this conversation takes no messages");
  if (outcome === "bad_reply") return new CodedError("INVALID", "replyToSeq names no message");
  // Absent, another's or sent already: the same words for all.
  if (outcome === "bad_attachment") return new CodedError("INVALID", "attachmentIds: no such attachment");
  return null;
}
