import {
  type ClusterView,
  isGone,
  isSilent,
  type NodeSnapshot,
  type NodeState,
} from "@parloir/contracts/cluster.ts";

/**
 * How a process stands, as far as anybody knows. `stale`: it was heard of, but not lately enough to say how it is now;
 * `gone`: it has been silent so long that it must have ended or stand still.
 */
export type Standing = NodeState | "stale" | "gone";

export interface Seen {
  view: ClusterView;
  /** By the clock of the servers. */
  now: number;
  /** The page itself has no news: whatever it shows is old. */
  isStale: boolean;
}

export function standingOf(node: NodeSnapshot, { view, now, isStale }: Seen): Standing {
  if (isStale) return "stale";
  // Nobody reads the others' snapshots now: that they are old says nothing about them.
  const isUnheard = view.alone !== undefined && view.alone !== node.name;
  if (isUnheard) return isSilent(node, now) ? "stale" : node.state;
  if (isGone(node, now)) return "gone";
  return isSilent(node, now) ? "stale" : node.state;
}

/** Whether what it said last may still be taken for what is so now. */
export function isHeard(node: NodeSnapshot, seen: Seen): boolean {
  const standing = standingOf(node, seen);
  return standing !== "gone" && standing !== "stale";
}
