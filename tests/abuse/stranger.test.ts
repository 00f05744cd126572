import { randomUUID } from "node:crypto";
import { type Command, commandSchemas } from "@parloir/contracts/commands.ts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { startCluster } from "../cluster/cluster.ts";
import type { Random } from "../faults/random.ts";
import { operationsOf } from "../fuzz/surfaces/openapi.ts";
import { type JsonSchema, valueFor } from "../fuzz/values.ts";
import { bystanders } from "./raw.ts";

/**
 * What one may not see is answered exactly as what is not there, on every route and every command that takes the id
 * of a conversation: asked by a stranger for somebody else's, and for none.
 */
const cluster = await startCluster({ balancer: true });
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

const [ana, ben, stranger] = [
  await cluster.person("ana"),
  await cluster.person("ben"),
  await cluster.person("stranger"),
];
const { id: foreign } = await cluster.conversation(ana, ben);
await cluster.send(await cluster.socket(ana), foreign, "between us");
const absent = randomUUID();
const socket = await cluster.socket(stranger);

/** Takes the first of everything, and every optional field. */
const first: Random = {
  next: () => 0,
  int: () => 0,
  between: (low) => low,
  pick: (items) => items[0]!,
  shuffled: (items) => [...items],
  fork: () => first,
};

/** What no schema describes so that a value follows from it. */
const given: Record<string, string> = { seq: "1", emoji: "👍" };

/** The same request about one conversation or the other. People are the stranger alone, who may name themselves. */
function about(schema: JsonSchema | undefined, conversationId: string): unknown {
  return schema && valueFor(schema, [conversationId, stranger.id], first);
}

const operations = operationsOf(
  (await (await fetch(`${cluster.url}/openapi.json`)).json()) as Parameters<typeof operationsOf>[0],
);
const mentions = (schema: unknown, text: string) => JSON.stringify(schema ?? null).includes(text);

/** Those whose request names a conversation: by the path, the query or the body. */
const ofConversations = operations.filter(
  ({ path, parameters, body }) =>
    path.startsWith("/api/messages") &&
    (/\{(id|conversationId)\}/.test(path) ||
      parameters.some(({ name }) => name === "conversationId") ||
      mentions(body, '"conversationId"')),
);

describe("somebody else's conversation is none, by REST", () => {
  const statuses: number[] = [];
  // Not for another reason: with requests that are wrong in themselves the comparison would show nothing.
  afterAll(() => expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(20));

  it.each(ofConversations.map((each): [string, typeof each] => [`${each.method} ${each.path}`, each]))(
    "%s",
    async (_, { method, path, parameters, body }) => {
      const ask = async (conversationId: string) => {
        const address = path.replace(/\{(\w+)\}/g, (__, name: string) => {
          const schema = parameters.find((each) => each.in === "path" && each.name === name)?.schema;
          return encodeURIComponent(given[name] ?? String(about(schema, conversationId)));
        });
        const query = parameters
          .filter((each) => each.in === "query" && (each.required || each.name === "conversationId"))
          .map(({ name, schema }) => `${name}=${encodeURIComponent(String(about(schema, conversationId)))}`)
          .join("&");
        const target = query === "" ? address : `${address}?${query}`;
        const answer = await cluster.rest(stranger, method, target, about(body, conversationId));
        const { requestId: __, ...error } = { requestId: "", ...answer.body.error };
        return { status: answer.status, error, data: answer.body.data };
      };
      const [theirs, nobodys] = [await ask(foreign), await ask(absent)];
      expect(theirs).toEqual(nobodys);
      statuses.push(theirs.status);
      // Refused, or empty: a search in what one may not see finds nothing.
      if (theirs.status < 300) expect(theirs.data).toMatchObject({ items: [] });
      else expect([400, 403, 404]).toContain(theirs.status);
    },
  );
});

describe("somebody else's conversation is none, by socket", () => {
  const commands = (Object.keys(commandSchemas) as Command[])
    .map((name): [Command, JsonSchema] => [
      name,
      z.toJSONSchema(commandSchemas[name], { io: "input", unrepresentable: "any" }) as JsonSchema,
    ])
    .filter(([, schema]) => mentions(schema, '"conversationId"'));

  it.each(commands)("%s", async (name, schema) => {
    const ask = (conversationId: string) => socket.emit(name, about(schema, conversationId) as never);
    const [theirs, nobodys] = [await ask(foreign), await ask(absent)];
    expect(theirs).toEqual(nobodys);
    if (name === "leave_conversation") return;
    expect(theirs).toMatchObject({ ok: false });
  });

  it("sync leaves both out", async () => {
    const { conversations } = await socket.ok("sync", { cursors: { [foreign]: 0, [absent]: 0 } });
    expect(conversations).toEqual([]);
  });
});
