import { randomUUID } from "node:crypto";
import type { AuditEntry } from "@parloir/contracts/audit.ts";
import type { Flight } from "@parloir/contracts/flights.ts";
import type { Page } from "@parloir/contracts/http.ts";
import { afterAll, expect, it, vi } from "vitest";
import { startCluster } from "./cluster.ts";

const cluster = await startCluster({ gateways: 2, workers: 1 });
afterAll(() => cluster.stop());

const path = "/api/cluster/flights";
const [ana, ben, root] = [
  await cluster.person("ana"),
  await cluster.person("ben"),
  await cluster.person("root", "admin"),
];
const { id: conversationId } = await cluster.conversation(ana, ben);
const [anaSocket, benSocket] = [await cluster.socket(ana, 0), await cluster.socket(ben, 1)];

it("shows an admin the way of a message over every process, with the client's trace, and not its text", {
  timeout: 120_000,
}, async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const { seq } = await anaSocket.ok("send_message", {
    conversationId,
    clientMessageId: randomUUID(),
    content: "a secret",
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  });
  await benSocket.messages(conversationId, seq);
  const read = () => cluster.call<Flight>(root, "POST", path, { conversationId, seq });
  const found = await vi.waitFor(
    async () => {
      const flight = await read();
      expect(flight.entries.map(({ step }) => step)).toContain("job");
      return flight;
    },
    { timeout: 60_000 },
  );
  const steps = found.entries.map(({ node, step }) => `${step} ${node}`);
  expect(steps.toSorted()).toEqual(
    [
      "received gw1",
      "committed api1",
      "published api1",
      "acked gw1",
      "delivered gw1",
      "delivered gw2",
      "relayed worker1",
      "job worker1",
    ].toSorted(),
  );
  expect(found.silent).toEqual([]);
  // All but the ack, which is the end of a step that stands there already.
  const traces = found.entries.flatMap(({ step, traceparent }) => (traceparent ? [[step, traceparent]] : []));
  expect(traces.map(([step]) => step).toSorted()).toEqual(
    ["received", "committed", "published", "delivered", "delivered", "relayed", "job"].toSorted(),
  );
  expect(new Set(traces.map(([, trace]) => trace!.slice(3, 35)))).toEqual(new Set([traceId]));
  expect(JSON.stringify(found)).not.toContain("secret");
  const audit = await cluster.call<Page<AuditEntry>>(root, "GET", "/api/audit?action=flight.read&limit=1");
  expect(audit.items).toMatchObject([{ target: conversationId, details: { seq }, actor: { id: root.id } }]);
});

it("is for admins", async () => {
  expect((await cluster.rest(ana, "POST", path, { conversationId, seq: 1 })).status).toBe(403);
  for (const bad of [{ conversationId }, { conversationId, seq: 0 }, { conversationId: "x", seq: 1 }])
    expect((await cluster.rest(root, "POST", path, bad)).status).toBe(400);
});
