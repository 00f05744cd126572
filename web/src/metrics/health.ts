import { isGone, type NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { addedUp, type ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import serviceLevels from "../../../infra/service-levels.json" with { type: "json" };
import { isHeard, type Seen } from "./standing.ts";

/** What the snapshots say about the whole: are we well? */

export type DeliveryLevel = "live" | "late" | "part" | "stored" | "none" | "unknown";

/**
 * - `none`: no api reaches Postgres, or there is none: nothing can be sent.
 * - `stored`: there is no gateway: what is sent by REST is kept.
 * - `late`: a gateway has lost pub/sub and polls for messages.
 * - `part`: a gateway is gone; its clients have moved to the others.
 * - `unknown`: the page has no news.
 */
export function deliveryLevel({ view: { nodes, alone }, now, isStale }: Seen): DeliveryLevel {
  if (isStale) return "unknown";
  // Whoever tells this serves its clients, and has no Redis to hear by.
  if (alone !== undefined) return "late";
  const present = nodes.filter((node) => !isGone(node, now));
  const of = (role: NodeSnapshot["role"], all = present) => all.filter((node) => node.role === role);
  const usable = of("api").filter(({ checks }) => checks.postgres !== "degraded");
  if (usable.length === 0) return "none";
  if (of("gateway").length === 0) return "stored";
  if (of("gateway").some(({ checks }) => checks.redis === "degraded")) return "late";
  return of("gateway").length < of("gateway", nodes).length ? "part" : "live";
}

export interface Reach {
  ok: number;
  of: number;
  /** The slowest answer that one of them got, seconds. */
  seconds: number | null;
}

/** How many of the processes that need a store reach it. Those that nobody hears of do not count. */
export function reach(seen: Seen, store: string): Reach {
  const users = seen.view.nodes.filter((node) => store in node.checks && isHeard(node, seen));
  const answers = users.flatMap(({ roundTrips }) => roundTrips?.[store] ?? []);
  return {
    ok: users.filter(({ checks }) => checks[store] === "ok").length,
    of: users.length,
    seconds: answers.length > 0 ? Math.max(...answers) : null,
  };
}

export type LevelName = keyof typeof serviceLevels.levels;
export const levelNames = Object.keys(serviceLevels.levels) as LevelName[];

/** Of all sends: what the service level leaves. */
export const allowedFailures = 1 - serviceLevels.levels.send.objective;

export interface LevelReached {
  objective: number;
  /** The share that was good, 0 to 1; null when there was nothing to be good or bad. */
  good: number | null;
  /** What is left of what may be bad, 1 to 0 and below. */
  budget: number | null;
}

/** Over all the points. */
export function levelReached(name: LevelName, points: readonly ClusterPoint[]): LevelReached {
  const { objective } = serviceLevels.levels[name];
  const { all, bad } = addedUp(points.map(({ levels = {} }) => levels))[name] ?? { all: 0, bad: 0 };
  if (all === 0) return { objective, good: null, budget: null };
  return { objective, good: 1 - bad / all, budget: 1 - bad / all / (1 - objective) };
}
