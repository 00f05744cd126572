import { afterAll, expect, it } from "vitest";
import { startCluster } from "./cluster.ts";

const cluster = await startCluster({ gateways: 0 });
afterAll(() => cluster.stop());

const harm = (name: string) => `/api/cluster/nodes/${name}/harm`;

it("the chaos panel is for admins in person, and knows its processes", async () => {
  const [kim, root] = [await cluster.person("kim", "agent"), await cluster.person("root", "admin")];
  expect((await cluster.rest(kim, "POST", harm("api1"), { harm: "kill" })).status).toBe(403);
  expect((await cluster.rest(root, "POST", harm("nobody"), { harm: "kill" })).status).toBe(404);
  expect((await cluster.rest(root, "POST", harm("redis"), { harm: "freeze" })).status).toBe(400);
  expect((await cluster.rest(root, "POST", harm("api1"), { harm: "melt" })).status).toBe(400);
});
