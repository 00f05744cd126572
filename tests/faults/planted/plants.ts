/** `find` stands exactly once in `file`; the test of that runs without a cluster. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** Bugs that somebody could write. Each must turn the checker red: that is what shows that green means something. */
export interface Plant {
  /** What a reader of the diff would have said. */
  bug: string;
  edits: Edit[];
  /** Run against the database before the load. */
  sql?: string;
  /** The rule that must be broken, and what its examples must say when another plant of the run breaks it too. */
  breaks: string;
  saying?: RegExp;
}

const commit = "store/src/commit.ts";
const sequencer = "gateway/src/sequencer.ts";

/** No bug, but a Redis that loses every other message and change without a word: an honest cluster stays green. */
export const lossyPublishing: Edit[] = [
  {
    file: "api/src/api.ts",
    find: `publisher.emit(rooms.conversation(send.conversationId), "new_message"`,
    replace: `if (Math.random() < 0.5) publisher.emit(rooms.conversation(send.conversationId), "new_message"`,
  },
  {
    file: "api/src/changes.ts",
    find: "if (change.changed)\n        publisher.emit(",
    replace: "if (change.changed && Math.random() < 0.5)\n        publisher.emit(",
  },
];

export const plants: Record<string, Plant> = {
  "ack-before-commit": {
    bug: "the ack does not wait for COMMIT",
    edits: [
      {
        file: commit,
        find: "return database.query<CommitRow>({ name, text, values: [input, blocksBothWays] });",
        replace: `return new Promise((resolve, reject) => {
          database.transaction(async (query) => {
            resolve(await query<CommitRow>({ name, text, values: [input, blocksBothWays] }));
            await new Promise((committed) => setTimeout(committed, 150));
            // Whether a killed api had acked something at that moment is chance; a COMMIT that fails is none.
            globalThis.acked = (globalThis.acked ?? 0) + 1;
            if (globalThis.acked % 10 === 0) throw new Error("no COMMIT");
          }).catch(reject);
        });`,
      },
    ],
    breaks: "durable",
    saying: /has no row/,
  },
  "no-unique-index": {
    bug: "a repeat is not looked for, and the index that would catch it is gone",
    edits: [
      {
        file: commit,
        find: "AND client_message_id = i.k LIMIT 1",
        replace: "AND client_message_id = i.k AND false LIMIT 1",
      },
    ],
    sql: "ALTER TABLE messages DROP CONSTRAINT messages_conversation_id_sender_id_client_message_id_key",
    breaks: "idempotent",
    saying: /is stored \d+ times/,
  },
  "repeat-gets-head": {
    bug: "a repeat is answered with the conversation's head instead of its own seq",
    edits: [
      {
        file: commit,
        find: "o.id AS old_id, o.seq AS old_seq",
        replace: "o.id AS old_id, l.last_seq AS old_seq",
      },
    ],
    breaks: "idempotent",
    saying: /different receipts/,
  },
  "seq-with-gaps": {
    bug: "seq comes from something like a sequence: a number is now and then used up for nothing",
    edits: [
      {
        file: commit,
        find: "SET last_seq = v.last_seq + g.n +",
        replace: "SET last_seq = v.last_seq + g.n + (random() < 0.05)::int +",
      },
    ],
    breaks: "dense",
  },
  "batch-reversed": {
    bug: "the sends of one batch are numbered from its end",
    edits: [
      {
        file: commit,
        find: "PARTITION BY c ORDER BY ord) AS n",
        replace: "PARTITION BY c ORDER BY ord DESC) AS n",
      },
    ],
    breaks: "emission order",
  },
  "anyone-writes": {
    bug: "the commit does not check membership",
    edits: [
      {
        file: commit,
        find: "WHEN l.id IS NULL OR p.user_id IS NULL THEN 'not_member'",
        replace: "WHEN l.id IS NULL THEN 'not_member'",
      },
    ],
    breaks: "no trespass",
    saying: /^send_message/m,
  },
  "anyone-reads": {
    bug: "sync, join and history do not check membership",
    edits: [
      {
        file: "store/src/messages.ts",
        find: "WHERE i.u IS NULL OR p.user_id IS NOT NULL",
        replace: "WHERE true",
      },
    ],
    breaks: "no trespass",
    saying: /^(sync|join_conversation|GET)/m,
  },
  "own-mark-stays": {
    bug: "one's own send does not move one's own mark",
    edits: [
      {
        file: commit,
        find: "DO UPDATE SET last_read_seq = GREATEST(p.last_read_seq, EXCLUDED.last_read_seq), archived_at",
        replace: "DO UPDATE SET archived_at",
      },
    ],
    breaks: "read marks",
    saying: /was acked, \d+ is stored/,
  },
  "marks-fall": {
    bug: "a read mark is overwritten instead of raised",
    edits: [
      {
        file: "store/src/marks.ts",
        find: "SET last_read_seq = GREATEST(p.last_read_seq, i.seq)",
        replace: "SET last_read_seq = i.seq",
      },
      {
        file: "store/src/marks.ts",
        find: "AND p.user_id = i.u AND p.last_read_seq < i.seq",
        replace: "AND p.user_id = i.u",
      },
      {
        file: "store/src/marks.ts",
        find: `SELECT i.ord, GREATEST(i.was, i.seq, r.last_read_seq) AS "lastReadSeq"`,
        replace: `SELECT i.ord, r.last_read_seq AS "lastReadSeq"`,
      },
    ],
    breaks: "read marks",
    saying: /and then as|was acked, \d+ is stored/,
  },
  "published-to-all": {
    bug: "new_message goes to everyone with a role instead of to the conversation",
    edits: [
      {
        file: "api/src/api.ts",
        find: `publisher.emit(rooms.conversation(send.conversationId), "new_message"`,
        replace: `publisher.emit(rooms.role("client"), "new_message"`,
      },
    ],
    breaks: "no leak",
    saying: /heard new_message/,
  },
  "outbox-without-job": {
    bug: "outbox rows are deleted and no job is added",
    edits: [
      {
        file: "worker/src/relay.ts",
        find: "await options.addJob(",
        replace: "if (Math.random() < 0) await options.addJob(",
      },
    ],
    breaks: "notified",
    saying: /the line says/,
  },
  "notified-twice": {
    bug: "a notification is written and pushed again by every job that sees the message",
    edits: [
      {
        file: "store/src/notifications.ts",
        find: "AND n.seq >= m.seq LIMIT 1)",
        replace: "AND n.seq > m.seq LIMIT 1)",
      },
      {
        file: "store/src/notifications.ts",
        find: "WHERE n.seq < EXCLUDED.seq",
        replace: "WHERE n.seq <= EXCLUDED.seq",
      },
      {
        file: "worker/src/worker.ts",
        find: "(job) => notify(job.data)",
        // What a worker that dies after the work and before the note of it makes of every job.
        replace: "async (job) => { await notify(job.data); await notify(job.data); }",
      },
    ],
    breaks: "notified once",
  },
  "push-with-new-id": {
    bug: "every attempt to push has an id of its own",
    edits: [
      {
        file: "worker/src/deliveries/pushes.ts",
        find: "{ id, title, message, conversationId, seq, count } satisfies",
        replace: "{ id: crypto.randomUUID(), title, message, conversationId, seq, count } satisfies",
      },
    ],
    breaks: "told once",
    saying: /not in the ledger/,
  },
  "ledger-beside-the-line": {
    bug: "the ledger is written with some lines of the bell and not with others",
    edits: [
      {
        file: "store/src/notifications.ts",
        find: "WHERE EXISTS (SELECT FROM push_subscriptions)",
        replace: "WHERE EXISTS (SELECT FROM push_subscriptions) AND w.seq % 2 = 0",
      },
    ],
    breaks: "told",
    saying: /not in the ledger/,
  },
  "retry-with-new-id": {
    bug: "a call that is repeated gives its messages new ids",
    edits: [
      {
        file: "gateway/src/batcher.ts",
        find: "lane.waiting = [...unanswered, ...lane.waiting].filter((entry) => {",
        replace: `for (const { item } of unanswered as unknown as { item: { clientMessageId?: string } }[])
          if (item.clientMessageId) item.clientMessageId += "-again";
        lane.waiting = [...unanswered, ...lane.waiting].filter((entry) => {`,
      },
    ],
    breaks: "no phantom",
    saying: /was never sent/,
  },
  "no-gap-repair": {
    bug: "gaps are seen and not repaired",
    edits: [
      {
        file: sequencer,
        find: "if (room.repairing === null && now - room.behindSince >= grace) void repair(room);",
        replace: "if (now - grace < 0) void repair(room);",
      },
    ],
    breaks: "agreement",
    saying: /shows \d+ of \d+|is not as it stands/,
  },
  "no-tip-check": {
    bug: "heads are compared only while pub/sub is known to be gone, and notifications are no tips",
    edits: [
      {
        file: "gateway/src/tips.ts",
        find: "if (checking || (!broken && performance.now() - checkedAt < healthyCheckMs)) return;",
        replace: "if (checking || !broken || checkedAt + healthyCheckMs < 0) return;",
      },
      {
        file: "gateway/src/intercept.ts",
        find: "tip(payload as Notification);",
        replace: "if (!payload) tip(payload as Notification);",
      },
    ],
    breaks: "agreement",
    saying: /shows \d+ of \d+|is not as it stands/,
  },
  "early-pass": {
    bug: "the sequencer lets early messages through",
    edits: [
      {
        file: sequencer,
        find: "if (!releaseNext(room, message)) room.held.set(change, message);",
        replace: `room.position.change = change;
      release(room, message, "push");`,
      },
    ],
    breaks: "device order",
    saying: /came after/,
  },
  "repeats-pass": {
    bug: "the sequencer delivers a message that it had repaired again when its push comes late",
    edits: [
      {
        file: sequencer,
        find: "if (change <= room.position.change) {",
        replace: `if (change <= room.position.change) {
          options.deliver(room.id, message, "push", "new");`,
      },
    ],
    breaks: "device order",
    saying: /came after/,
  },
  "anyone-edits": {
    bug: "any member may rewrite and delete what another wrote",
    edits: [
      {
        file: "store/src/changes.ts",
        find: "return target.isMember && target.senderId === item.userId;",
        replace: "return target.isMember;",
      },
    ],
    breaks: "own words",
  },
  "changes-with-gaps": {
    bug: "an edit now and then uses up a change for nothing",
    edits: [
      {
        file: "store/src/changes.ts",
        find: "UPDATE conversations SET last_change = last_change + 1 WHERE",
        replace: "UPDATE conversations SET last_change = last_change + 1 + (random() < 0.3)::int WHERE",
      },
    ],
    breaks: "numbered",
    saying: /the head is/,
  },
  "sync-of-news-only": {
    bug: "sync and repair bring new messages and not what happened to older ones",
    edits: [
      {
        file: "store/src/messages.ts",
        find: "AND altered AND change > i.h ORDER BY",
        replace: "AND altered AND change < i.h AND change > i.h ORDER BY",
      },
    ],
    breaks: "agreement",
    saying: /is not as it stands/,
  },
  "edit-forgotten": {
    bug: "an edit that follows another is acked and not written",
    edits: [
      {
        file: "store/src/changes.ts",
        find: "content = $3, edited_at = clock_timestamp()",
        replace:
          "content = CASE WHEN edited_at IS NULL THEN $3 ELSE content END, edited_at = clock_timestamp()",
      },
    ],
    breaks: "kept",
    saying: /was acked/,
  },
  "ring-off-by-one": {
    bug: "the ring answers from one message too far",
    edits: [
      {
        file: "gateway/src/ring.ts",
        find: "...found.filter((message) => message.seq > seq),",
        replace: "...found.filter((message) => message.seq > seq + 1),",
      },
    ],
    breaks: "complete",
  },
};
