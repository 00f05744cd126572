import {
  type Measure,
  type MeasuredKind,
  measuredKinds,
  measures,
  type Outcome,
  outcomes,
} from "@parloir/contracts/stats.ts";

/** What the page shows, and which waits lie open behind a figure: all in its address. */
export interface StatsAddress {
  days: number;
  kind: MeasuredKind | null;
  agentId: string | null;
  /** Time within business hours instead of all time. */
  business: boolean;
  waits: WaitsBehind | null;
}

/** Waits behind a figure. */
export interface WaitsBehind {
  measure: Measure | null;
  outcome: Outcome | null;
  agentId: string | null;
  nobody: boolean;
  longerThan: number | null;
  upTo: number | null;
  /** By which time they are longer: within business hours, or all. */
  business: boolean;
  hourOfWeek: string | null;
  /** Whatever its time, as what waits now: the page's range does not bound it. */
  anyTime: boolean;
}

export const statsPath = "/admin/stats";
export const spans = [7, 30, 90] as const;
const usualDays = 30;

export const anyWaits: WaitsBehind = {
  measure: null,
  outcome: null,
  agentId: null,
  nobody: false,
  longerThan: null,
  upTo: null,
  business: false,
  hourOfWeek: null,
  anyTime: false,
};

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
}

export function readStatsAddress(search: string): StatsAddress {
  const query = new URLSearchParams(search);
  const behind = new URLSearchParams(query.get("waits") ?? "");
  return {
    days: spans.find((each) => each === whole(query.get("days"))) ?? usualDays,
    kind: measuredKinds.find((each) => each === query.get("kind")) ?? null,
    agentId: query.get("agent"),
    business: query.has("business"),
    waits: query.has("waits")
      ? {
          measure: measures.find((each) => each === behind.get("measure")) ?? null,
          outcome: outcomes.find((each) => each === behind.get("outcome")) ?? null,
          agentId: behind.get("agentId"),
          nobody: behind.has("nobody"),
          longerThan: whole(behind.get("longerThan")),
          upTo: whole(behind.get("upTo")),
          business: behind.has("business"),
          hourOfWeek: behind.get("hourOfWeek"),
          anyTime: behind.has("anyTime"),
        }
      : null,
  };
}

function present(values: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== false) query.set(name, String(value));
  return query;
}

/** The parameters of `GET /api/stats/waits` for these waits. */
export function waitsQuery(
  { anyTime, business, ...waits }: WaitsBehind,
  { from, to, zone }: { from: string; to: string; zone: string },
): URLSearchParams {
  return present({
    ...waits,
    ...(business ? { clock: "business" } : {}),
    ...(anyTime ? {} : { from, to }),
    ...(waits.hourOfWeek === null ? {} : { zone }),
  });
}

export function writeStatsAddress({ days, kind, agentId, business, waits }: StatsAddress): string {
  const query = new URLSearchParams();
  if (days !== usualDays) query.set("days", String(days));
  if (kind !== null) query.set("kind", kind);
  if (agentId !== null) query.set("agent", agentId);
  if (business) query.set("business", "1");
  if (waits !== null) query.set("waits", present(waits).toString());
  const search = query.toString();
  return search === "" ? statsPath : `${statsPath}?${search}`;
}

/** What the page's filters add to a question. */
export function filtered(query: URLSearchParams, { kind, agentId }: StatsAddress): URLSearchParams {
  if (kind !== null) query.set("kind", kind);
  if (agentId !== null && !query.has("agentId")) query.set("agentId", agentId);
  return query;
}
