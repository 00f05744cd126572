import { type ClusterView, isSilent, type NodeCounts, type NodeRole, type NodeSnapshot } from "./cluster.ts";
import { type CountedNodes, grown } from "./cluster-history.ts";

/**
 * The history of each process. A process that was not heard of at a point is not in it: nothing is known of it then, and
 * that is no 0.
 */

/** What a chart shows of a process, whose that is, and what several points are together: the last, the mean, the worst. */
export const nodeFigures = {
  sockets: { roles: ["gateway"], together: "last" },
  sendsPerSecond: { roles: ["gateway"], together: "mean" },
  deliveriesPerSecond: { roles: ["gateway"], together: "mean" },
  ackP95: { roles: ["gateway"], together: "worst" },
  deliveryP95: { roles: ["gateway"], together: "worst" },
  requestsPerSecond: { roles: ["api"], together: "mean" },
  committedPerSecond: { roles: ["api"], together: "mean" },
  commitP95: { roles: ["api"], together: "worst" },
  jobsPerSecond: { roles: ["worker"], together: "mean" },
  jobP95: { roles: ["worker"], together: "worst" },
  outboxAgeP95: { roles: ["worker"], together: "worst" },
  postgresSeconds: { roles: ["api", "worker"], together: "worst" },
  redisSeconds: { roles: ["gateway", "api", "worker"], together: "worst" },
  eventLoopLagSeconds: { roles: ["gateway", "api", "worker"], together: "worst" },
  cpu: { roles: ["gateway", "api", "worker"], together: "mean" },
  memoryBytes: { roles: ["gateway", "api", "worker"], together: "last" },
} as const satisfies Record<string, { roles: readonly NodeRole[]; together: "last" | "mean" | "worst" }>;

export type NodeFigure = keyof typeof nodeFigures;

export function figuresFor(role: NodeRole): NodeFigure[] {
  return (Object.keys(nodeFigures) as NodeFigure[]).filter((name) =>
    (nodeFigures[name].roles as readonly NodeRole[]).includes(role),
  );
}

/** Those of its role; null where nothing was observed. */
export interface NodePoint extends Partial<Record<NodeFigure, number | null>> {
  role: NodeRole;
  /** It started since the point before: what is between the two was another process, or none. */
  began?: true;
}

export interface NodesPoint {
  at: string;
  nodes: Record<string, NodePoint>;
}

/** Rates since the point before, or since the process started; everything else of the last `historyStepSeconds`. */
export function nodesPointOf(
  { at, nodes }: Pick<ClusterView, "at" | "nodes">,
  before: CountedNodes,
): NodesPoint {
  const now = Date.parse(at);
  const heard = nodes.filter((node) => !isSilent(node, now));
  return { at, nodes: Object.fromEntries(heard.map((node) => [node.name, nodePointOf(node, now, before)])) };
}

function nodePointOf(node: NodeSnapshot, now: number, before: CountedNodes): NodePoint {
  const hasBegun = node.startedAt > before.at;
  const growth = grown(node, before);
  const seconds = (now - Math.max(Date.parse(before.at), Date.parse(node.startedAt))) / 1_000;
  const rate = (read: (counts: NodeCounts) => number | undefined) => {
    const count = growth && read(growth);
    return count === undefined ? null : count / Math.max(1, seconds);
  };
  const { recent, roundTrips } = node;
  const all: Record<NodeFigure, number | null> = {
    sockets: node.gateway?.sockets ?? null,
    sendsPerSecond: rate(({ sends }) => sends),
    deliveriesPerSecond: rate(({ deliveries }) => deliveries),
    ackP95: recent?.ack?.p95 ?? null,
    deliveryP95: recent?.delivery?.p95 ?? null,
    requestsPerSecond: rate(({ requests }) => requests),
    committedPerSecond: rate(({ committed }) => committed),
    commitP95: recent?.commit?.p95 ?? null,
    jobsPerSecond: rate(({ jobs }) => jobs),
    jobP95: recent?.job?.p95 ?? null,
    outboxAgeP95: recent?.outboxAge?.p95 ?? null,
    postgresSeconds: roundTrips?.postgres ?? null,
    redisSeconds: roundTrips?.redis ?? null,
    eventLoopLagSeconds: recent?.eventLoopLagSeconds ?? node.eventLoopLagSeconds,
    cpu: recent?.cpu ?? node.cpu,
    memoryBytes: node.memoryBytes,
  };
  const own = figuresFor(node.role).map((name) => [name, all[name]]);
  return { role: node.role, ...(hasBegun ? { began: true as const } : {}), ...Object.fromEntries(own) };
}

/** Several points, oldest first, as one: of each process those in which it was heard of. */
export function joinedNodes(points: readonly NodesPoint[]): NodesPoint | null {
  const last = points.at(-1);
  if (!last) return null;
  const names = new Set(points.flatMap(({ nodes }) => Object.keys(nodes)));
  const nodes = [...names].map((name) => [name, joined(points.flatMap(({ nodes }) => nodes[name] ?? []))]);
  return { at: last.at, nodes: Object.fromEntries(nodes) };
}

function joined(points: NodePoint[]): NodePoint {
  const { role } = points.at(-1)!;
  const own = figuresFor(role).map((name) => {
    const values = points.flatMap((point) => point[name] ?? []);
    return [name, values.length > 0 ? together[nodeFigures[name].together](values) : null];
  });
  const hasBegun = points.some(({ began }) => began);
  return { role, ...(hasBegun ? { began: true as const } : {}), ...Object.fromEntries(own) };
}

const together = {
  last: (values: number[]) => values.at(-1)!,
  mean: (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
  worst: (values: number[]) => Math.max(...values),
};
