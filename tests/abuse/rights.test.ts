import { randomUUID } from "node:crypto";
import type { Page } from "@parloir/contracts/http.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestPerson } from "../cluster/cluster.ts";
import type { TestSocket } from "../cluster/socket.ts";
import { bystanders } from "./raw.ts";

/** Who may what, through the balancer: what is not one's own is answered as what is not there. */
const cluster = await startCluster({ balancer: true, gateways: 2 });
const calm = await bystanders(cluster);
afterAll(() => cluster.stop());
afterEach(() => calm.expectUnharmed());

let [ana, ben, mallory]: TestPerson[] = [];
let [anaSocket, socket]: TestSocket[] = [];
let id: string;
beforeAll(async () => {
  [ana, ben, mallory] = [
    await cluster.person("ana"),
    await cluster.person("ben"),
    await cluster.person("mal"),
  ];
  id = (await cluster.conversation(ana, ben)).id;
  [anaSocket, socket] = [await cluster.socket(ana), await cluster.socket(mallory)];
  await cluster.send(anaSocket, id, "a word between us");
});

const message = (conversationId: string, clientMessageId: string = randomUUID()) => ({
  conversationId,
  clientMessageId,
  content: "hello",
});

describe("a stranger", () => {
  it.each(["user:2", "role:admin", "agents", "conversation:x"])("enters no raw room %s", async (room) => {
    for (const [command, payload] of [
      ["join_conversation", { conversationId: room }],
      ["subscribe", { channel: room }],
    ] as const)
      expect(["INVALID", "NOT_FOUND"]).toContain((await socket!.refused(command, payload)).code);
  });

  it("edits, deletes and reacts to nothing of others, and finds nothing of them", async () => {
    const target = { conversationId: id, seq: 1 };
    for (const [command, payload] of [
      ["edit_message", { ...target, content: "mine" }],
      ["delete_message", target],
      ["react", { ...target, emoji: "👍", on: true }],
      ["typing", { conversationId: id, isTyping: true }],
    ] as const)
      expect(await socket!.refused(command, payload)).toMatchObject({ code: "NOT_FOUND" });
    const found = await cluster.call<Page<unknown>>(mallory!, "GET", "/api/messages/search?q=word");
    expect(found.items).toEqual([]);
  });

  it("is told by an agent's route that it is for agents, by nobody's that it is none", async () => {
    const asked = await cluster.rest(mallory!, "GET", "/api/messages/conversations?view=all");
    expect([asked.status, asked.body.error?.code]).toEqual([403, "FORBIDDEN"]);
    for (const path of ["/metrics", "/queues", "/internal/send"])
      expect((await fetch(`${cluster.url}${path}`)).status).toBe(404);
  });

  it("uses somebody else's client message id for a message of their own", async () => {
    const { id: own } = await cluster.conversation(mallory!, ben!);
    const clientMessageId = randomUUID();
    const first = await anaSocket!.ok("send_message", message(id, clientMessageId));
    const second = await socket!.ok("send_message", message(own, clientMessageId));
    expect([second.duplicate, second.id === first.id]).toEqual([false, false]);
  });
});

describe("who was removed", () => {
  it("sends nothing more, from the answer on", async () => {
    const { id: group } = await cluster.conversation(ana!, ben!, mallory!);
    await socket!.ok("send_message", message(group));
    await cluster.call(ana!, "DELETE", `/api/messages/conversations/${group}/members/${mallory!.id}`);
    expect(await socket!.refused("send_message", message(group))).toMatchObject({ code: "NOT_FOUND" });
    expect((await cluster.rest(mallory!, "POST", "/api/messages", message(group))).status).toBe(404);
  });
});

describe("a token", () => {
  it("that expires in the middle of a connection closes it with TOKEN_EXPIRED", async () => {
    const short = cluster.connect(await cluster.token(mallory!.id, 2));
    expect(await short.waitFor("error")).toMatchObject({ code: "TOKEN_EXPIRED" });
    await short.disconnected();
  });

  it("of somebody else refreshes nothing, and the connection stays who it was", async () => {
    expect(await socket!.refused("refresh_token", { token: ana!.token })).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await socket!.refused("send_message", message(id))).toMatchObject({ code: "NOT_FOUND" });
  });
});
