import { createServer } from "node:http";
import type { Ready } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { listen } from "@parloir/platform/private-server.ts";
import { Server } from "socket.io";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { startCluster } from "../tests/cluster/cluster.ts";
import { eventually } from "../tests/setup/waiting.ts";
import { openPolling, type WireEvents } from "./framing/polling.ts";
import { type Clock, createSession, type Session, type Wire } from "./framing/session.ts";
import { overWebSocket, type PacketSocket } from "./framing/websocket.ts";

/** The framing that k6 speaks, over Node's transports, against real servers. */

const clock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** `ws` types events its own way. */
function openWebSocket(url: string, events: WireEvents): Wire {
  const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  return overWebSocket(new WebSocket(address) as PacketSocket, events);
}

function overPolling(url: string, events: WireEvents): Wire {
  return openPolling(
    url,
    async (method, address, body) => {
      const headers = { "content-type": "text/plain;charset=UTF-8" };
      const answer = await fetch(address, { method, headers, ...(body === null ? {} : { body }) });
      return { status: answer.status, body: await answer.text() };
    },
    events,
  );
}

const transports = [
  ["a WebSocket", openWebSocket],
  ["long polling", overPolling],
] as const;
type Open = (typeof transports)[number][1];

function connect(open: Open, url: string, token: string) {
  const heard: { name: string; payload: unknown }[] = [];
  const losses: { reason: string; code?: string | undefined }[] = [];
  let pings = 0;
  let session: Session | undefined;
  const wire = open(url, {
    packet: (packet) => session?.receive(packet),
    dropped: (reason) => session?.dropped(reason),
  });
  session = createSession({
    wire,
    auth: { token },
    clock,
    events: {
      event: (name, payload) => heard.push({ name, payload }),
      ping: () => {
        pings += 1;
      },
      lost: (reason, refusal) => losses.push({ reason, code: refusal?.data?.code }),
    },
  });
  onTestFinished(() => session.leave());
  const first = <T>(name: string) =>
    eventually(
      name,
      () => heard.find((each) => each.name === name),
      (found) => found !== undefined,
    ).then((found) => found!.payload as T);
  return { session, heard, losses, first, pings: () => pings };
}

describe("against two gateways behind the balancer", async () => {
  const cluster = await startCluster({ gateways: 2, balancer: true });
  afterAll(() => cluster.stop());

  it.each(transports)("%s: ready, an acked send, and what another writes", async (_, open) => {
    const [ana, ben] = [await cluster.person("ana"), await cluster.person("ben")];
    const { id: conversationId } = await cluster.conversation(ana, ben);
    const [mine, others] = [connect(open, cluster.url, ana.token), connect(open, cluster.url, ben.token)];
    expect(await mine.first<Ready>("ready")).toMatchObject({ userId: ana.id });
    await others.first("ready");
    const content = 'é "quoted" \u{1f600}';
    const payload = { conversationId, clientMessageId: "one", content };
    expect(await mine.session.call("send_message", payload)).toMatchObject({ ok: true, data: { seq: 1 } });
    expect(await others.first<Message>("new_message")).toMatchObject({ seq: 1, senderId: ana.id, content });
    const foreign = { conversationId: crypto.randomUUID(), seq: 1 };
    expect(await others.session.call("mark_read", foreign)).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND", retryable: false },
    });
  });

  it.each(transports)("%s: a bad token is refused with its code", async (_, open) => {
    const { losses } = connect(open, cluster.url, "nonsense");
    await eventually(
      "the refusal",
      () => losses,
      (all) => all.length > 0,
    );
    expect(losses).toMatchObject([{ code: "UNAUTHENTICATED" }]);
  });
});

describe("against a server that pings all the time", async () => {
  const http = createServer();
  const io = new Server(http, { pingInterval: 50, pingTimeout: 5_000 });
  const ended: string[] = [];
  io.on("connection", (socket) => {
    socket.on("echo", (payload, ack) => ack({ ok: true, data: payload }));
    socket.on("disconnect", (reason) => ended.push(reason));
  });
  const url = `http://127.0.0.1:${await listen(http, 0, "127.0.0.1")}`;
  afterAll(() => io.close());

  it.each(transports)("%s: stays, and says when it goes", async (_, open) => {
    const { session, losses, pings } = connect(open, url, "any");
    await eventually("pings", pings, (count) => count >= 5);
    expect(await session.call("echo", { text: "still here" })).toEqual({
      ok: true,
      data: { text: "still here" },
    });
    expect(losses).toEqual([]);
    session.leave();
    await eventually(
      "the server to know",
      () => ended.splice(0),
      (reasons) => reasons[0] === "client namespace disconnect",
    );
  });
});
