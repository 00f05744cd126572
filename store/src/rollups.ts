import type { Measure } from "@parloir/contracts/stats.ts";
import type { Database, Reader } from "./database.ts";
import type { GroupBy, WaitFilter } from "./figures.ts";

/** Waits summed up by the hour, in histograms that add up: see contracts/src/histogram.ts. */

/** A statement has 4 s; measured on a busy machine of two cores, it sums up 20,000 to 40,000 waits a second. */
const waitsAtOnce = 20_000;

/**
 * Sums up some hours that changed, from their waits, the fullest in pieces. Whoever writes waits meanwhile waits for
 * nothing: a mark is taken away only as it was before anything was read, and writing a wait makes it another.
 * @returns how many hours; 0 also while somebody else sums up
 */
export async function rollUp(database: Database, limit: number, bucketGrowth: number): Promise<number> {
  return database.transaction(async (query) => {
    const [lock] = await query<{ isMine: boolean }>({
      name: "lock-rollups",
      text: `SELECT pg_try_advisory_xact_lock(hashtext('parloir rollups')) AS "isMine"`,
      values: [],
    });
    if (!lock!.isMine) return 0;
    const marks = await query<{ hour: string; version: string }>({
      name: "read-stale-hours",
      text: "SELECT hour, xmin::text AS version FROM stale_hours ORDER BY hour LIMIT $1",
      values: [limit],
    });
    const hours = marks.map((mark) => mark.hour);
    if (hours.length === 0) return 0;
    await query({
      name: "forget-hours",
      text: "DELETE FROM rollups WHERE hour = ANY ($1::timestamptz[])",
      values: [hours],
    });
    for (const piece of await piecesOf(query, hours)) {
      const values = [JSON.stringify(piece), bucketGrowth];
      await query({ name: "sum-up-hours", text: sumUpText, values });
    }
    await query({
      name: "unmark-hours",
      // A mark that somebody holds is being made another. Waiting for it could be for somebody who waits for this.
      text: `DELETE FROM stale_hours WHERE hour IN (
          SELECT s.hour FROM stale_hours s
          JOIN json_to_recordset($1::json) AS i(hour timestamptz, version text) ON s.hour = i.hour AND s.xmin::text = i.version
          FOR UPDATE OF s SKIP LOCKED)`,
      values: [JSON.stringify(marks)],
    });
    return hours.length;
  });
}

interface Piece {
  hour: string;
  since: string;
  until: string;
}

const hourMs = 3_600_000;

/** What each statement sums up: hours with few waits together, and an hour with many by equal parts. */
async function piecesOf(query: Database["query"], hours: string[]): Promise<Piece[][]> {
  const counted = await query<{ hour: string; n: number }>({
    name: "count-waits-of-hours",
    text: `SELECT s.hour, GREATEST(
        (SELECT count(*) FROM waits WHERE started_at >= s.hour AND started_at < s.hour + interval '1 hour'),
        (SELECT count(*) FROM waits WHERE ended_at >= s.hour AND ended_at < s.hour + interval '1 hour')) AS n
      FROM unnest($1::timestamptz[]) AS s(hour)`,
    values: [hours],
  });
  const whole = counted.filter(({ n }) => n <= waitsAtOnce).map(({ hour }) => partOf(hour, 0, 1));
  const parts = counted.flatMap(({ hour, n }) => {
    const count = n <= waitsAtOnce ? 0 : Math.ceil(n / waitsAtOnce);
    return Array.from({ length: count }, (_, part) => [partOf(hour, part, count)]);
  });
  return whole.length > 0 ? [whole, ...parts] : parts;
}

function partOf(hour: string, part: number, of: number): Piece {
  const border = (n: number) => new Date(Date.parse(hour) + Math.round((n * hourMs) / of)).toISOString();
  return { hour, since: border(part), until: border(part + 1) };
}

const waitsOf = (by: string, column: string) => `
  SELECT '${by}' AS by, s.hour, w.*
  FROM json_to_recordset($1::json) AS s(hour timestamptz, since timestamptz, until timestamptz)
  JOIN waits w ON w.${column} >= s.since AND w.${column} < s.until`;

const sumUpText = `
INSERT INTO rollups AS r (by, hour, measure, kind, agent_id, part, bucket, n, sum_ms, max_ms)
SELECT w.by, w.hour, w.measure, w.kind, COALESCE(w.agent_id, w.assignee_id), p.part,
  CASE WHEN p.ms IS NULL THEN NULL WHEN p.ms < 1 THEN -1 ELSE ceil(ln(p.ms::float8) / ln($2::float8))::int END AS bucket,
  count(*), COALESCE(sum(p.ms), 0), COALESCE(max(p.ms), 0)
FROM (${waitsOf("start", "started_at")} UNION ALL ${waitsOf("end", "ended_at")}) w
CROSS JOIN LATERAL (
  SELECT 'calendar', w.ms WHERE w.outcome IN ('answered', 'resolved')
  UNION ALL SELECT 'business', w.business_ms WHERE w.outcome IN ('answered', 'resolved') AND w.business_ms IS NOT NULL
  UNION ALL SELECT 'unanswered', NULL WHERE w.outcome = 'closed_unanswered'
  UNION ALL SELECT 'open', NULL WHERE w.outcome = 'open') p(part, ms)
GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (by, hour, measure, kind, agent_id, part, bucket) DO UPDATE
SET n = r.n + EXCLUDED.n, sum_ms = r.sum_ms + EXCLUDED.sum_ms, max_ms = GREATEST(r.max_ms, EXCLUDED.max_ms)`;

export interface RolledRow {
  measure: Measure;
  key: string | null;
  part: "calendar" | "business" | "unanswered" | "open";
  bucket: number | null;
  n: number;
  sumMs: number;
  maxMs: number;
}

/** Hours of the week are told of the waits themselves. */
export type RolledUpBy = Exclude<GroupBy, "hour_of_week">;

const keyOf: Record<RolledUpBy, string> = {
  hour: `to_char(hour, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  day: "to_char(hour AT TIME ZONE $6, 'YYYY-MM-DD')",
  agent: "agent_id",
};

/** @param filter with `from` and `to` on whole hours; groups of days only in a zone whose days begin on them */
export async function readRolledUp(
  reader: Reader,
  filter: WaitFilter,
  zone: string,
  groupBy: RolledUpBy | null,
): Promise<RolledRow[]> {
  return reader.query<RolledRow>({
    name: `read-rolled-up-${groupBy}`,
    text: `SELECT measure, ${groupBy ? keyOf[groupBy] : "NULL"} AS key, part, bucket, sum(n)::bigint AS n,
        sum(sum_ms)::float8 AS "sumMs", max(max_ms) AS "maxMs"
      FROM rollups
      WHERE hour >= $1::timestamptz AND hour < $2::timestamptz AND ($3::text IS NULL OR agent_id = $3)
        AND ($4::text IS NULL OR kind = $4) AND by = $5 AND $6::text IS NOT NULL
      GROUP BY 1, 2, 3, 4 ORDER BY key NULLS FIRST, measure, part, bucket`,
    values: [filter.from, filter.to, filter.agentId, filter.kind, filter.by, zone],
  });
}
