import type { Measure } from "@parloir/contracts/stats.ts";
import type { Database, Reader } from "./database.ts";
import type { GroupBy, WaitFilter } from "./figures.ts";

/** Waits summed up by the hour, in histograms that add up: see contracts/src/histogram.ts. */

/**
 * Sums up some hours that changed, from their waits. Hours that somebody is just changing are left for the next time;
 * two that sum up take different ones.
 * @returns how many hours
 */
export async function rollUp(database: Database, limit: number, bucketGrowth: number): Promise<number> {
  return database.transaction(async (query) => {
    const hours = await query<{ hour: string }>({
      name: "take-stale-hours",
      text: `DELETE FROM stale_hours WHERE hour IN (
          SELECT hour FROM stale_hours ORDER BY hour LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING hour`,
      values: [limit],
    });
    if (hours.length === 0) return 0;
    const taken = hours.map((row) => row.hour);
    await query({
      name: "forget-hours",
      text: "DELETE FROM rollups WHERE hour = ANY ($1::timestamptz[])",
      values: [taken],
    });
    await query({ name: "sum-up-hours", text: sumUpText, values: [taken, bucketGrowth] });
    return hours.length;
  });
}

const waitsOf = (by: string, column: string) => `
  SELECT '${by}' AS by, s.hour, w.* FROM unnest($1::timestamptz[]) AS s(hour)
  JOIN waits w ON w.${column} >= s.hour AND w.${column} < s.hour + interval '1 hour'`;

const sumUpText = `
INSERT INTO rollups (by, hour, measure, kind, agent_id, part, bucket, n, sum_ms, max_ms)
SELECT w.by, w.hour, w.measure, w.kind, COALESCE(w.agent_id, w.assignee_id), p.part,
  CASE WHEN p.ms IS NULL THEN NULL WHEN p.ms < 1 THEN -1 ELSE ceil(ln(p.ms::float8) / ln($2::float8))::int END AS bucket,
  count(*), COALESCE(sum(p.ms), 0), COALESCE(max(p.ms), 0)
FROM (${waitsOf("start", "started_at")} UNION ALL ${waitsOf("end", "ended_at")}) w
CROSS JOIN LATERAL (
  SELECT 'calendar', w.ms WHERE w.outcome IN ('answered', 'resolved')
  UNION ALL SELECT 'business', w.business_ms WHERE w.outcome IN ('answered', 'resolved') AND w.business_ms IS NOT NULL
  UNION ALL SELECT 'unanswered', NULL WHERE w.outcome = 'closed_unanswered'
  UNION ALL SELECT 'open', NULL WHERE w.outcome = 'open') p(part, ms)
GROUP BY 1, 2, 3, 4, 5, 6, 7`;

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
