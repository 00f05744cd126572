import { CodedError } from "@parloir/contracts/errors.ts";
import type { Schedule } from "@parloir/contracts/stats.ts";
import { type Origin, record } from "./audit.ts";
import type { Database } from "./database.ts";

const columns = `valid_from AS "validFrom", zone, hours, to_json(holidays) AS holidays`;

/** Oldest first. Each is in force until the next one begins. */
export async function listSchedules(database: Database): Promise<Schedule[]> {
  return database.query<Schedule>({
    name: "list-schedules",
    text: `SELECT ${columns} FROM schedules ORDER BY valid_from`,
    values: [],
  });
}

/** A job that writes a wait may be this late without meeting a schedule that was not there when the wait ended. */
const leadSeconds = 60;

/**
 * A schedule never changes and never begins in the past: what was measured stays as it is, and writing it again gives
 * the same. Until it begins it may be replaced.
 * @throws CodedError INVALID
 */
export function putSchedule(
  database: Database,
  schedule: Omit<Schedule, "validFrom"> & { validFrom: string | null },
  origin: Origin,
): Promise<Schedule> {
  return database.transaction(async (query) => {
    const rows = await query<Schedule>({
      name: "put-schedule",
      text: `INSERT INTO schedules (valid_from, zone, hours, holidays)
        SELECT at, $2, $3::jsonb, $4::date[]
        FROM (SELECT COALESCE($1::timestamptz, now() + make_interval(secs => $5))::timestamptz(3) AS at) x
        WHERE at >= now() + make_interval(secs => $5)
          AND EXISTS (SELECT FROM pg_timezone_names WHERE lower(name) = lower($2))
        ON CONFLICT (valid_from) DO UPDATE
        SET zone = EXCLUDED.zone, hours = EXCLUDED.hours, holidays = EXCLUDED.holidays
        RETURNING ${columns}`,
      values: [
        schedule.validFrom,
        schedule.zone,
        JSON.stringify(schedule.hours),
        schedule.holidays,
        leadSeconds,
      ],
    });
    const set = rows[0];
    if (!set)
      throw new CodedError(
        "INVALID",
        `validFrom: at least ${leadSeconds} s from now, in a zone of the database`,
      );
    const { validFrom, ...details } = set;
    await record(query, origin, { action: "schedule.set", target: validFrom, details });
    return set;
  });
}
