import { createClient } from "@parloir/client/core/client.ts";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Cluster, serverKey, startCluster, type TestPerson } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";

/**
 * In the middle of the runbook «rotate keys» (docs/operations.md): the first of two gateways and of two apis have the
 * new JWT_SECRET and INTERNAL_SECRET, the second ones the old. A third gateway has an INTERNAL_SECRET that no api has.
 */
const rotated = {
  JWT_SECRET: "the-secret-after-the-rotation-0123456789",
  INTERNAL_SECRET: "what-gateways-show-apis-after-the-rotation",
};
const [fresh, old] = [0, 1] as const;
let cluster: Cluster;
let ana: TestPerson;
let ben: TestPerson;
let id: string;

beforeAll(async () => {
  cluster = await startCluster({
    gateways: 3,
    apis: 2,
    envOf: { gw1: rotated, api1: rotated, gw3: { INTERNAL_SECRET: "what-nobody-else-has-at-this-time" } },
  });
  [ana, ben] = [await personAt(fresh, "ana"), await personAt(old, "ben")];
  const created = await at(fresh, ana.token, "POST", "/api/messages/conversations", {
    kind: "direct",
    recipientId: ben.id,
  });
  ({ id } = created.data as { id: string });
});
afterAll(() => cluster.stop());

/** One api, by its number: each signs and believes with its own secret. */
async function at(api: number, bearer: string, method: string, path: string, body?: object) {
  const response = await fetch(new URL(path, cluster.apis[api]!.url), {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, data: ((await response.json()) as { data?: unknown }).data };
}

async function tokenOf(userId: string, api: number): Promise<string> {
  const { data } = await at(api, serverKey, "POST", "/api/tokens", { userId });
  return (data as { token: string }).token;
}

async function personAt(api: number, userId: string): Promise<TestPerson> {
  const { data } = await at(api, serverKey, "PUT", `/api/users/${userId}`, { name: userId });
  return { ...(data as TestPerson), token: await tokenOf(userId, api) };
}

it("sends go on between gateways and apis of either secret, each finding one that knows its own", async () => {
  const sockets = [await cluster.socket(ana, fresh), await cluster.socket(ben, old)];
  for (let n = 1; n <= 10; n++) await cluster.send(sockets[n % 2]!, id, `message ${n}`);
  for (const socket of sockets) {
    const messages = await socket.messages(id, 10);
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
});

it("a token of before is refused by what has the new secret, and its client fetches another by itself", async () => {
  const former = await tokenOf(ana.id, old);
  expect((await at(fresh, former, "GET", "/api/messages/unread")).status).toBe(401);
  let fetched = 0;
  const client = createClient({
    url: cluster.gateways[fresh]!.url,
    userId: ana.id,
    getToken: async () => (fetched++ === 0 ? former : tokenOf(ana.id, fresh)),
  });
  onTestFinished(() => client.close());
  await eventually("the connection", client.connection.getSnapshot, ({ status }) => status === "online");
  expect(fetched).toBe(2);
});

it("a gateway that no api knows refuses as one that may be asked again", async () => {
  const socket = cluster.connect(await tokenOf(ben.id, old), cluster.gateways[2]!.url);
  const refusal = await socket.refusal();
  expect(refusal).toMatchObject({ code: "UNAVAILABLE", retryable: true });
});
