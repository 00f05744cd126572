import {
  type ClusterHistory,
  type ClusterPoint,
  type ClusterView,
  type CountedNodes,
  countedOf,
  historyKeptSeconds,
  historyStepSeconds,
  pointOf,
} from "@parloir/contracts/cluster.ts";

const shownMs = Math.min(3_600, historyKeptSeconds) * 1_000;

/** The points of the last hour: the server's, and from its newest on those of what is pushed, so that none is missing. */
export interface ClusterPoints {
  begin(history: ClusterHistory): ClusterPoint[];
  /** The same array until a step is over. */
  take(view: ClusterView): ClusterPoint[];
}

export function createClusterPoints(): ClusterPoints {
  let points: ClusterPoint[] = [];
  /** At the newest point; null until there is one to go on from. */
  let counted: CountedNodes | null = null;
  return {
    begin(history) {
      ({ points, counted } = history);
      return points;
    },
    take(view) {
      // A gateway that cannot read the others' snapshots knows of itself only, and a point is about the whole.
      if (view.alone !== undefined) return points;
      const now = Date.parse(view.at);
      const before = counted;
      if (before && now - Date.parse(before.at) < historyStepSeconds * 1_000) return points;
      counted = countedOf(view);
      const all = before ? [...points, pointOf(view, before)] : points;
      points = all.filter(({ at }) => now - Date.parse(at) < shownMs);
      return points;
    },
  };
}
