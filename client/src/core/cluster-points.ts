import type { ClusterView } from "@parloir/contracts/cluster.ts";
import {
  type ClusterHistory,
  type ClusterPoint,
  type CountedNodes,
  countedOf,
  historyKeptSeconds,
  historyStepSeconds,
  pointOf,
} from "@parloir/contracts/cluster-history.ts";
import { type NodesPoint, nodesPointOf } from "@parloir/contracts/node-history.ts";

const shownMs = Math.min(3_600, historyKeptSeconds) * 1_000;

/** The last hour, of the whole and by process: the server's, and from its newest on what is pushed, so that none is missing. */
export interface ShownPoints {
  points: ClusterPoint[];
  nodes: NodesPoint[];
}

export interface ClusterPoints {
  begin(history: ClusterHistory): ShownPoints;
  /** The same until a step is over. */
  take(view: ClusterView): ShownPoints;
}

export function createClusterPoints(): ClusterPoints {
  let shown: ShownPoints = { points: [], nodes: [] };
  /** At the newest point; null until there is one to go on from. */
  let counted: CountedNodes | null = null;
  return {
    begin(history) {
      shown = { points: history.points, nodes: history.nodes ?? [] };
      counted = history.counted;
      return shown;
    },
    take(view) {
      // A gateway that cannot read the others' snapshots knows of itself only, and a point is about the whole.
      if (view.alone !== undefined) return shown;
      const now = Date.parse(view.at);
      const before = counted;
      if (before && now - Date.parse(before.at) < historyStepSeconds * 1_000) return shown;
      counted = countedOf(view);
      const recent = ({ at }: { at: string }) => now - Date.parse(at) < shownMs;
      const added = before && { whole: pointOf(view, before), nodes: nodesPointOf(view, before) };
      shown = {
        points: [...shown.points, ...(added ? [added.whole] : [])].filter(recent),
        nodes: [...shown.nodes, ...(added ? [added.nodes] : [])].filter(recent),
      };
      return shown;
    },
  };
}
