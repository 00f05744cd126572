import type { Measure, MeasuredKind, Outcome } from "@parloir/contracts/stats.ts";
import type { Database } from "./database.ts";

/**
 * The log of a conversation as the response times read it, and `waits`, which are written from it. All within one
 * transaction that holds the `wait_progress` rows of the conversations.
 */

type Query = Database["query"];

export interface Cycle {
  cycle: number;
  /** The cycle's messages come after this seq … */
  openedSeq: number;
  openedAt: string;
  /** … and up to this one; null while it is open. */
  closedSeq: number | null;
  closedAt: string | null;
  closedBy: string | null;
  /** Who had it when it was closed. */
  assigneeId: string | null;
}

/** A message that counts: of the customer, or of a person on the other side. */
export interface LogMessage {
  seq: number;
  at: string;
  senderId: string;
  isReply: boolean;
}

/** The log's next piece: every message that counts after where the reading stands, and up to `through`. */
export interface LogPage {
  /** All that are open, or were closed where the reading stands or later, in order. */
  cycles: Cycle[];
  messages: LogMessage[];
  through: number;
}

export interface Wait {
  cycle: number;
  startSeq: number;
  measure: Measure;
  outcome: Outcome;
  startedAt: string;
  endSeq: number | null;
  endedAt: string | null;
  agentId: string | null;
  /** Of what ended by a reply it is looked up when it is written. */
  assigneeId: string | null;
}

/** Where the reading of a conversation stands. */
export interface WaitState {
  conversationId: string;
  seq: number;
  open: Wait | null;
  /** The newest cycle in which a wait was answered; 0 for none. */
  answeredCycle: number;
  /** Closed differently than it was when its waits were written: they are to be written again from here. */
  stale: { cycle: number; seq: number } | null;
}

const waitJson = `json_build_object('cycle', w.cycle, 'startSeq', w.start_seq, 'measure', w.measure,
  'outcome', w.outcome, 'startedAt', w.started_at, 'endSeq', w.end_seq, 'endedAt', w.ended_at,
  'agentId', w.agent_id, 'assigneeId', w.assignee_id)`;

/**
 * Takes the conversations, in id order; groups and unknown ones are left out. The second statement's snapshot is
 * younger than the locks. An open wait is always the last one of its conversation. Only the last closing can have been
 * undone, so of those that are written only the last can be stale, however many cycles have come since: whatever is
 * written later looks here first.
 */
export async function lockWaits(query: Query, conversationIds: string[]): Promise<WaitState[]> {
  await query({
    name: "begin-wait-progress",
    text: `INSERT INTO wait_progress (conversation_id)
      SELECT id FROM conversations WHERE id = ANY ($1::uuid[]) AND kind <> 'group' ORDER BY id
      ON CONFLICT DO NOTHING`,
    values: [conversationIds],
  });
  const locked = await query<{ id: string }>({
    name: "lock-wait-progress",
    text: `SELECT conversation_id AS id FROM wait_progress WHERE conversation_id = ANY ($1::uuid[])
      ORDER BY conversation_id FOR NO KEY UPDATE`,
    values: [conversationIds],
  });
  return query<WaitState>({
    name: "read-wait-states",
    text: `SELECT p.conversation_id AS "conversationId", p.seq, last.wait AS open,
        COALESCE(answered.cycle, 0) AS "answeredCycle", stale.found AS stale
      FROM unnest($1::uuid[]) AS i(id)
      CROSS JOIN LATERAL (SELECT * FROM wait_progress WHERE conversation_id = i.id LIMIT 1) p
      CROSS JOIN LATERAL (SELECT kind FROM conversations WHERE id = i.id LIMIT 1) v
      LEFT JOIN LATERAL (
        SELECT CASE WHEN w.outcome = 'open' THEN ${waitJson} END AS wait FROM waits w
        WHERE w.conversation_id = i.id ORDER BY w.cycle DESC, w.start_seq DESC LIMIT 1) last ON true
      LEFT JOIN LATERAL (
        SELECT w.cycle FROM waits w WHERE w.conversation_id = i.id AND w.outcome = 'answered'
        ORDER BY w.cycle DESC, w.start_seq DESC LIMIT 1) answered ON true
      LEFT JOIN LATERAL (
        SELECT json_build_object('cycle', w.cycle, 'seq', w.start_seq) AS found
        FROM (
          SELECT * FROM waits WHERE conversation_id = i.id AND measure = 'resolution'
          ORDER BY cycle DESC, start_seq DESC LIMIT 1) w
        LEFT JOIN cycles c ON c.conversation_id = w.conversation_id AND c.cycle = w.cycle
        WHERE v.kind = 'support' AND (c.closed_seq, c.closed_at) IS DISTINCT FROM (w.end_seq, w.ended_at)) stale ON true`,
    values: [locked.map((row) => row.id)],
  });
}

export interface Log extends LogPage {
  conversationId: string;
  lastSeq: number;
  kind: MeasuredKind;
  /** direct: who was written to. */
  otherId: string | null;
}

/**
 * The next messages of many conversations with the cycles of the same snapshot: a closing is never missed that came
 * before a message that is seen. The customer of a direct conversation is who opened it, or, when a host's back end
 * did, who wrote first.
 */
export async function readLogs(
  query: Query,
  after: { conversationId: string; seq: number }[],
  limit: number,
): Promise<Log[]> {
  return query<Log>({
    name: "read-logs",
    text: `SELECT v.id AS "conversationId", v.kind, v.last_seq AS "lastSeq", page.through,
        CASE WHEN v.kind = 'direct' THEN CASE v.pair_low WHEN w.customer THEN v.pair_high ELSE v.pair_low END END
          AS "otherId",
        COALESCE(page.messages, '[]'::json) AS messages, COALESCE((
          SELECT json_agg(json_build_object('cycle', c.cycle, 'openedSeq', c.opened_seq, 'openedAt', c.opened_at,
            'closedSeq', c.closed_seq, 'closedAt', c.closed_at, 'closedBy', c.closed_by,
            'assigneeId', c.assignee_id) ORDER BY c.cycle)
          FROM cycles c
          WHERE c.conversation_id = v.id AND (c.closed_seq IS NULL OR c.closed_seq >= i.seq)), '[]'::json) AS cycles
      FROM json_to_recordset($1::json) AS i("conversationId" uuid, seq bigint)
      CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = i."conversationId" LIMIT 1) v
      CROSS JOIN LATERAL (SELECT CASE WHEN v.kind = 'support' THEN v.pair_low ELSE COALESCE(v.created_by, (
        SELECT m.sender_id FROM messages m WHERE m.conversation_id = v.id AND m.kind <> 'system'
        ORDER BY m.seq LIMIT 1)) END AS customer) w
      CROSS JOIN LATERAL (
        SELECT COALESCE(max(x.seq), i.seq) AS through, json_agg(json_build_object('seq', x.seq,
          'at', x.created_at, 'senderId', x.sender_id, 'isReply', x.sender_id <> w.customer) ORDER BY x.seq)
          FILTER (WHERE x.counts) AS messages
        FROM (
          SELECT m.seq, m.created_at, m.sender_id, m.kind <> 'system' AND (m.sender_id = w.customer
            OR v.kind = 'direct' OR r.role IN ('technician', 'agent', 'admin')) AS counts
          FROM messages m
          LEFT JOIN LATERAL (
            SELECT role FROM user_roles
            WHERE v.kind = 'support' AND m.sender_id <> w.customer AND user_id = m.sender_id
              AND since <= m.created_at
            ORDER BY since DESC LIMIT 1) r ON true
          WHERE m.conversation_id = v.id AND m.seq > i.seq ORDER BY m.seq LIMIT $2) x) page`,
    values: [JSON.stringify(after), limit],
  });
}

export interface WrittenWaits {
  conversationId: string;
  kind: MeasuredKind;
  otherId: string | null;
  /** Each once. */
  waits: Wait[];
  seq: number;
  /** Waits of this and later cycles that are not among `waits` are no more. */
  replaceFrom: number | null;
}

export interface ChangedWait {
  measure: Measure;
  kind: MeasuredKind;
  outcome: Outcome;
  ms: number | null;
}

/** @returns what was not there before, or not so, and what is gone (`outcome` null) */
export async function writeWaits(
  query: Query,
  written: WrittenWaits[],
): Promise<(ChangedWait | { outcome: null })[]> {
  const rows = written.flatMap(({ conversationId, kind, otherId, waits }) =>
    waits.map((wait) => ({ ...wait, conversationId, kind, assigneeId: otherId ?? wait.assigneeId })),
  );
  return query({
    name: "write-waits",
    text: writeWaitsText,
    values: [
      JSON.stringify(rows),
      JSON.stringify(
        written.map(({ conversationId, seq, replaceFrom }) => ({ conversationId, seq, replaceFrom })),
      ),
    ],
  });
}

const told = ["measure", "kind", "outcome", "started_at", "end_seq", "ended_at", "agent_id", "assignee_id"];
const measured = [...told, "ms", "business_ms"];

const writeWaitsText = `
WITH input AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS i("conversationId" uuid, cycle int, "startSeq" bigint, measure text,
    kind text, outcome text, "startedAt" timestamptz(3), "endSeq" bigint, "endedAt" timestamptz(3), "agentId" text,
    "assigneeId" text)
), state AS MATERIALIZED (
  SELECT * FROM json_to_recordset($2::json) AS i("conversationId" uuid, seq bigint, "replaceFrom" int)
), progressed AS (
  UPDATE wait_progress p SET seq = s.seq FROM state s
  WHERE p.conversation_id = s."conversationId" AND p.seq <> s.seq
), gone AS (
  DELETE FROM waits w USING state s
  WHERE w.conversation_id = s."conversationId" AND w.cycle >= s."replaceFrom"
    AND NOT EXISTS (SELECT FROM input i WHERE i."conversationId" = w.conversation_id AND i.cycle = w.cycle
      AND i."startSeq" = w.start_seq)
  RETURNING w.started_at, w.ended_at
), written AS (
  INSERT INTO waits AS w (conversation_id, cycle, start_seq, ${measured.join(", ")})
  SELECT i."conversationId", i.cycle, i."startSeq", i.measure, i.kind, i.outcome, i."startedAt", i."endSeq",
    i."endedAt", i."agentId",
    CASE WHEN i.kind = 'support' AND i.outcome = 'answered' THEN (
      SELECT a.assignee_id FROM assignments a WHERE a.conversation_id = i."conversationId" AND a.seq < i."endSeq"
      ORDER BY a.seq DESC, a.id DESC LIMIT 1) ELSE i."assigneeId" END,
    (extract(epoch FROM i."endedAt" - i."startedAt") * 1000)::bigint,
    -- Without a schedule at its start it is null, which one look for all tells cheaper than a call each.
    CASE WHEN i."endedAt" IS NOT NULL AND i."startedAt" >= (SELECT min(valid_from) FROM schedules)
      THEN business_ms(i."startedAt", i."endedAt") END
  FROM input i ORDER BY i."conversationId", i.cycle, i."startSeq"
  ON CONFLICT (conversation_id, cycle, start_seq) DO UPDATE
  SET ${measured.map((column) => `${column} = EXCLUDED.${column}`).join(", ")}
  WHERE (${measured.map((column) => `w.${column}`).join(", ")})
    IS DISTINCT FROM (${measured.map((column) => `EXCLUDED.${column}`).join(", ")})
  RETURNING w.measure, w.kind, w.outcome, w.ms, w.started_at, w.ended_at, old.ended_at AS former_end
), noted AS (
  INSERT INTO stale_hours AS s (hour)
  SELECT DISTINCT date_trunc('hour', at) FROM (
    SELECT unnest(ARRAY[started_at, ended_at, former_end]) FROM written
    UNION ALL SELECT unnest(ARRAY[started_at, ended_at]) FROM gone) t(at)
  WHERE at IS NOT NULL ORDER BY 1
  ON CONFLICT (hour) DO UPDATE SET hour = s.hour
)
SELECT measure, kind, outcome, ms FROM written UNION ALL SELECT NULL, NULL, NULL, NULL FROM gone`;
