import {
  type ClusterPoint,
  type ClusterView,
  isGone,
  type NodeSnapshot,
} from "@parloir/contracts/cluster.ts";
import serviceLevels from "../../../infra/service-levels.json" with { type: "json" };

/** What the snapshots say about the whole: are we well? */

export type DeliveryLevel = "live" | "late" | "part" | "stored" | "none";

/**
 * - `none`: no api reaches Postgres, or there is none: nothing can be sent.
 * - `stored`: there is no gateway: what is sent by REST is kept.
 * - `late`: a gateway has lost pub/sub and polls for messages.
 * - `part`: a gateway is gone; its clients have moved to the others.
 */
export function deliveryLevel({ nodes }: ClusterView, now: number): DeliveryLevel {
  const present = nodes.filter((node) => !isGone(node, now));
  const of = (role: NodeSnapshot["role"], all = present) => all.filter((node) => node.role === role);
  const usable = of("api").filter(({ checks }) => checks.postgres !== "degraded");
  if (usable.length === 0) return "none";
  if (of("gateway").length === 0) return "stored";
  if (of("gateway").some(({ checks }) => checks.redis === "degraded")) return "late";
  return of("gateway").length < of("gateway", nodes).length ? "part" : "live";
}

/** How many of the processes that need a store reach it. */
export function reach({ nodes }: ClusterView, store: string, now: number): { ok: number; of: number } {
  const users = nodes.filter((node) => !isGone(node, now) && store in node.checks);
  return { ok: users.filter(({ checks }) => checks[store] === "ok").length, of: users.length };
}

/** Of all sends: what the service level leaves. */
export const allowedFailures = 1 - serviceLevels.levels.send.objective;

/**
 * What is left of the allowed failures, 1 to 0 and below: sends that failed for a reason of ours, of all in the
 * points. Null when nothing was sent.
 */
export function errorBudget(points: readonly ClusterPoint[]): number | null {
  const sent = points.reduce((sum, point) => sum + point.sendsPerSecond, 0);
  const failed = points.reduce((sum, point) => sum + point.failedSendsPerSecond, 0);
  if (sent + failed === 0) return null;
  return 1 - failed / (sent + failed) / allowedFailures;
}
