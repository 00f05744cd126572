/**
 * What a run is told, as LOAD_RATE and so on: the only place that reads __ENV. `npm run load` sets these; k6 by itself
 * takes them from its environment, or with `-e`.
 */
function text(name: string, byDefault: string): string {
  const value = __ENV[`LOAD_${name}`];
  return value === undefined || value === "" ? byDefault : value;
}

export function number(name: string, byDefault: number): number {
  const given = text(name, String(byDefault));
  const value = Number(given);
  if (!Number.isFinite(value) || value < 0) throw new Error(`LOAD_${name} must be a number, not "${given}"`);
  return value;
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3_600 };

/** `90`, `90s`, `5m`, `2h` → seconds. */
export function seconds(name: string, byDefault: string): number {
  const given = text(name, byDefault);
  const [, value, unit = "s"] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(given) ?? [];
  if (value === undefined)
    throw new Error(`LOAD_${name} must be a duration such as 90s or 5m, not "${given}"`);
  return Number(value) * unitSeconds[unit]!;
}

export const baseUrl = text("URL", "http://localhost:8080").replace(/\/+$/, "");
export const serverKey = text("SERVER_KEY", "dev-server-key");
export const seed = number("SEED", 1);
/** Where `handleSummary` writes; the folder must exist. */
export const reportDir = text("REPORT_DIR", ".");

/**
 * A run from several machines: each is one of LOAD_INSTANCES, makes people of its own, and carries its share. LOAD_RUN names the
 * whole and must be the same on all; a fresh one gives fresh people.
 */
export const instances = Math.max(1, number("INSTANCES", 1));
export const instance = number("INSTANCE", 0);
export const run = text("RUN", "load");
/** Of everything that this machine makes. */
export const prefix = `${run}-${instance}`;
if (instance >= instances) throw new Error(`LOAD_INSTANCE counts from 0 to ${instances - 1}`);

/** This machine's part of a count that is meant for all of them. */
export function shareOf(total: number): number {
  return Math.floor(total / instances) + (instance < total % instances ? 1 : 0);
}
