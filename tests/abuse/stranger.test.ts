import { randomUUID } from "node:crypto";
import { type Command, commandSchemas } from "@parloir/contracts/commands.ts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { startCluster } from "../cluster/cluster.ts";
import { operationsOf } from "../fuzz/surfaces/openapi.ts";
import { type JsonSchema, valueFor } from "../fuzz/values.ts";
import { first } from "./first.ts";
import { bystanders } from "./raw.ts";
import { watchStatements } from "./statements.ts";

/**
 * What one may not see is answered exactly as what is not there, on every route and every command that takes the id
 * of a conversation: asked by a stranger for somebody else's, and for none. The answer is the same, and so is the work
 * behind it: time tells nothing either.
 */
const cluster = await startCluster({ balancer: true });
const calm = await bystanders(cluster);
const statements = watchStatements();
afterAll(async () => {
  statements.stop();
  await cluster.stop();
});
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

/** Enough that what comes by itself in between is not in all of them. */
const runs = 4;

/** Asks about both by turns. What they are answered is the same, and what Postgres is asked for it is the same. */
async function compare<Answer>(ask: (conversationId: string) => Promise<Answer>): Promise<Answer> {
  const executed: Record<string, string[][]> = { [foreign]: [], [absent]: [] };
  const answers: Answer[] = [];
  for (let n = 0; n < 2 * runs; n++) {
    const id = n % 2 === 0 ? foreign : absent;
    executed[id]!.push(await statements.during(async () => answers.push(await ask(id))));
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(statements.ofAll(executed[foreign]!)).toEqual(statements.ofAll(executed[absent]!));
  return answers[0]!;
}

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
      const theirs = await compare(ask);
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
    const theirs = await compare(ask);
    if (name === "leave_conversation") return;
    expect(theirs).toMatchObject({ ok: false });
  });

  it("sync leaves both out", async () => {
    const { conversations } = await socket.ok("sync", { cursors: { [foreign]: 0, [absent]: 0 } });
    expect(conversations).toEqual([]);
  });
});

describe("somebody else's conversation takes no longer than none", () => {
  /** Far more than anything that the clock of a busy machine says, far less than a wait for a lock. */
  const generous = (ms: number) => 5 * ms + 100;
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

  it.each<[string, (id: string) => Promise<unknown>]>([
    ["reading", (id) => cluster.rest(stranger, "GET", `/api/messages/conversations/${id}`)],
    [
      "adding a member",
      (id) =>
        cluster.rest(stranger, "POST", `/api/messages/conversations/${id}/members`, { userId: stranger.id }),
    ],
    ["reacting", (id) => socket.emit("react", { conversationId: id, seq: 1, emoji: "👍", on: true })],
    [
      "sending",
      (id) =>
        socket.emit("send_message", { conversationId: id, clientMessageId: randomUUID(), content: "x" }),
    ],
  ])("%s, by the medians of requests by turns", async (_, ask) => {
    const took: Record<string, number[]> = { [foreign]: [], [absent]: [] };
    for (let n = 0; n < 30; n++) {
      const id = n % 2 === 0 ? foreign : absent;
      const began = performance.now();
      await ask(id);
      took[id]!.push(performance.now() - began);
    }
    const [theirs, nobodys] = [median(took[foreign]!), median(took[absent]!)];
    expect(theirs).toBeLessThan(generous(nobodys));
    expect(nobodys).toBeLessThan(generous(theirs));
  });

  it("also while it is being changed: a stranger waits for no lock of it, and holds none", async () => {
    const client = await cluster.postgres.connect();
    await client.query("BEGIN");
    await client.query("SELECT FROM conversations WHERE id = $1 FOR UPDATE", [foreign]);
    const before = await cluster.rest(
      stranger,
      "DELETE",
      `/api/messages/conversations/${foreign}/members/${ana.id}`,
    );
    const react = await socket.emit("react", { conversationId: foreign, seq: 1, emoji: "👍", on: true });
    await client.query("ROLLBACK");
    client.release();
    expect(before.status).toBe(404);
    expect(react).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
  });
});
