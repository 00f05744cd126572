import { type ClusterView, isGone } from "@parloir/contracts/cluster.ts";
import {
  clusterHistory,
  clusterHistoryQuery,
  clusterView,
  nodeParams,
} from "@parloir/contracts/cluster-schemas.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { nothing } from "@parloir/contracts/shape-schemas.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { readBoard, readHistory, wishDrain } from "@parloir/platform/snapshot/board.ts";
import { coarser } from "@parloir/platform/snapshot/coarser.ts";
import { record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Route, route } from "../route.ts";

const defaultHistoryMinutes = 60;

/** What the metrics page shows, and the one thing that an admin can do from there. */
export function clusterRoutes(options: { database: Database; redis: RedisClient }): Route[] {
  const { database, redis } = options;

  async function view(): Promise<ClusterView> {
    return readBoard(redis).catch((error: unknown) => {
      throw new CodedError("UNAVAILABLE", "the snapshots cannot be read now", { cause: error });
    });
  }

  return [
    route({
      method: "get",
      path: "/api/cluster",
      about: "Every process of the cluster, by its newest snapshot.",
      answer: clusterView,
      who: "admin",
      scope: "cluster:read",
      handle: async () => ({ data: await view() }),
    }),
    route({
      method: "get",
      path: "/api/cluster/history",
      about: "The cluster's figures over the last minutes, and each process's where `nodes` is `true`.",
      answer: clusterHistory,
      who: "admin",
      scope: "cluster:read",
      query: clusterHistoryQuery,
      async handle({ query: { minutes = defaultHistoryMinutes, nodes } }) {
        const ofNodes = nodes === "true";
        const history = await readHistory(redis, minutes * 60, { ofNodes }).catch((error: unknown) => {
          throw new CodedError("UNAVAILABLE", "the history cannot be read now", { cause: error });
        });
        return { data: { ...history, points: coarser(history.points, minutes) } };
      },
    }),
    route({
      method: "post",
      path: "/api/cluster/nodes/:name/drain",
      about: "Asks a gateway to end in order.",
      answer: nothing,
      who: "admin",
      scope: "cluster:operate",
      params: nodeParams,
      async handle({ params: { name }, origin }) {
        const node = (await view()).nodes.find((each) => each.name === name);
        if (!node || isGone(node, Date.now())) throw new CodedError("NOT_FOUND", "no such node");
        if (node.role !== "gateway") throw new CodedError("INVALID", "only gateways are drained");
        await record(database.query, origin, { action: "node.drained", target: name });
        await wishDrain(redis, name);
        return { status: 202, data: {} };
      },
    }),
  ];
}
