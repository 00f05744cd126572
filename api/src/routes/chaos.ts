import { isGone } from "@parloir/contracts/cluster.ts";
import { harmBody, nodeParams } from "@parloir/contracts/cluster-schemas.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { nothing } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import type { RedisClient } from "@parloir/platform/redis.ts";
import { readBoard, wishHarm } from "@parloir/platform/snapshot/board.ts";
import { record } from "@parloir/store/audit.ts";
import type { Database } from "@parloir/store/database.ts";
import { type Route, route } from "../route.ts";

/**
 * Lets an admin watch that nothing is lost. In development only: in production these routes do not exist, and no
 * process takes such a wish.
 */
export function chaosRoutes({ database, redis }: { database: Database; redis: RedisClient }): Route[] {
  async function requireNode(name: string): Promise<void> {
    const node = (await readBoard(redis)).nodes.find((each) => each.name === name);
    if (!node || isGone(node, Date.now())) throw new CodedError("NOT_FOUND", "no such node");
  }

  return [
    route({
      method: "post",
      path: "/api/cluster/nodes/:name/harm",
      about: "Kills a process or freezes it for ten seconds; `redis` can be killed. Development only.",
      answer: nothing,
      // People only: a key works by itself, and nobody watches.
      who: "person",
      params: nodeParams,
      body: harmBody,
      async handle({ params: { name }, body: { harm }, person, origin }) {
        requireAdmin(person);
        if (name === redisName && harm !== "kill")
          throw new CodedError("INVALID", "redis can only be killed");
        if (name !== redisName) await requireNode(name);
        await record(database.query, origin, { action: "node.harmed", target: name, details: { harm } });
        // It answers by closing the connection.
        if (name === redisName) redis.call("SHUTDOWN", "NOSAVE").catch(() => undefined);
        else await wishHarm(redis, name, harm);
        return { status: 202, data: {} };
      },
    }),
  ];
}

/** The one for rooms. No process has this name. */
const redisName = "redis";

function requireAdmin(person: Person): void {
  if (person.role !== "admin") throw new CodedError("FORBIDDEN", "only admins do this");
}
