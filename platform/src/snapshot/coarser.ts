import { addedUp, type ClusterPoint, historyStepSeconds } from "@parloir/contracts/cluster-history.ts";

/** As many as a chart can show apart. */
const mostPoints = 360;

/**
 * The history in steps so long that these minutes have at most 360 of them: counts add up, rates are means over the
 * time, and of latencies the worst stays, so that a bad minute is still seen in a day.
 */
export function coarser(points: readonly ClusterPoint[], minutes: number): ClusterPoint[] {
  const steps = Math.ceil((minutes * 60) / historyStepSeconds / mostPoints);
  if (steps <= 1) return [...points];
  const stepMs = steps * historyStepSeconds * 1_000;
  const groups = Map.groupBy(points.entries(), ([, { at }]) => Math.floor(Date.parse(at) / stepMs));
  return [...groups.values()].map((group) =>
    joined(group.map(([index, point]) => ({ point, seconds: secondsOf(point, points[index - 1]) }))),
  );
}

/** A point is about the time since the one before; of the first it is not known. */
function secondsOf({ at }: ClusterPoint, before: ClusterPoint | undefined): number {
  return before ? (Date.parse(at) - Date.parse(before.at)) / 1_000 : historyStepSeconds;
}

function joined(parts: { point: ClusterPoint; seconds: number }[]): ClusterPoint {
  const last = parts.at(-1)!.point;
  const all = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  const mean = (read: (point: ClusterPoint) => number) =>
    parts.reduce((sum, { point, seconds }) => sum + read(point) * seconds, 0) / all;
  const worst = (read: (point: ClusterPoint) => number | null) =>
    parts.reduce<number | null>((most, { point }) => {
      const value = read(point);
      return value === null || (most !== null && most > value) ? most : value;
    }, null);
  return {
    at: last.at,
    sockets: last.sockets,
    sendsPerSecond: mean((point) => point.sendsPerSecond),
    deliveriesPerSecond: mean((point) => point.deliveriesPerSecond),
    messagesPerSecond: mean(({ messagesPerSecond, sendsPerSecond }) => messagesPerSecond ?? sendsPerSecond),
    ackP99: worst((point) => point.ackP99),
    deliveryP50: worst((point) => point.deliveryP50),
    deliveryP95: worst((point) => point.deliveryP95),
    deliveryP99: worst((point) => point.deliveryP99),
    outboxAgeP99: worst((point) => point.outboxAgeP99),
    levels: addedUp(parts.map(({ point }) => point.levels ?? {})),
  };
}
