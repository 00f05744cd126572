import { connectFrame, eventFrame, parseFrame, pong } from "@parloir/bench/load/framing.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import { afterAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { startCluster } from "../cluster/cluster.ts";
import { counted, seqsOf, upTo } from "./watching.ts";

const cluster = await startCluster({ gateways: 2 });
afterAll(() => cluster.stop());

/** A client that can stop reading from its connection, below everything that would read for it. */
class StubbornReader {
  readonly messages: Message[] = [];
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  private readonly ws: WebSocket;

  constructor(url: string, token: string) {
    this.ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.closed = new Promise((resolve) => this.ws.on("close", () => resolve()));
    this.ws.on("error", () => undefined);
    this.ws.on("message", (data: Buffer) => {
      const frame = parseFrame(data.toString());
      if (frame.kind === "open") this.ws.send(connectFrame({ token }));
      if (frame.kind === "ping") this.ws.send(pong);
      if (frame.kind !== "event") return;
      if (frame.name === "ready") ready.resolve();
      if (frame.name === "new_message") this.messages.push(JSON.parse(frame.json)[1]);
    });
  }

  stopReading(): void {
    this.ws.pause();
  }

  readAgain(): void {
    this.ws.resume();
  }

  say(event: string, payload: object): void {
    this.ws.send(eventFrame(event, payload, 1));
  }

  close(): void {
    this.ws.terminate();
  }
}

describe("a client that stops reading while its room is busy", () => {
  it("is cut, its neighbours receive everything meanwhile, and after a sync it has everything too", async () => {
    const [ana, ben, cleo] = [
      await cluster.person("ana"),
      await cluster.person("ben"),
      await cluster.person("cleo"),
    ];
    const { id } = await cluster.conversation(ana, ben, cleo);
    const gateway = cluster.gateways[1]!;
    const sender = await cluster.socket(ana, 0);
    const neighbour = await cluster.socket(cleo, 1);
    const stubborn = new StubbornReader(gateway.url, ben.token);
    await stubborn.ready;
    const cut = () => counted(gateway, "parloir_connections_cut_total", { reason: "slow_reader" });
    expect(await cut()).toBe(0);

    stubborn.stopReading();
    // The widest text there may be: the kernel's buffers swallow several MB before the gateway's own grow.
    const content = "€".repeat(4_000);
    let sent = 0;
    while ((await cut()) === 0) {
      await Promise.all(upTo(25).map(() => cluster.send(sender, id, content)));
      sent += 25;
      await neighbour.messages(id, sent);
      expect(sent, "messages without a cut").toBeLessThan(3_000);
    }
    expect(seqsOf(neighbour.messagesSoFar(id))).toEqual(upTo(sent));
    expect(await cut()).toBe(1);
    expect(await counted(gateway, "parloir_sockets")).toBe(1);

    stubborn.readAgain();
    await stubborn.closed;
    expect(stubborn.messages.length).toBeLessThan(sent);
    const back = await cluster.socket(ben, 1);
    const has = seqsOf(stubborn.messages);
    for (let complete = false; !complete; ) {
      const { conversations } = await back.ok("sync", { cursors: { [id]: has.at(-1) ?? 0 } });
      has.push(...seqsOf(conversations[0]!.messages));
      complete = conversations[0]!.complete;
    }
    expect(has).toEqual(upTo(sent));
  });
});
