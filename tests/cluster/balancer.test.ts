import { afterAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 2, apis: 2, balancer: true });
const { url } = cluster;
afterAll(() => cluster.stop());

/** What a client without cookies and without WebSockets has: this library keeps no cookies in Node. */
const pollingOnly = { transports: ["polling"], upgrade: false };

async function connect(person: TestPerson, settings = pollingOnly): Promise<TestSocket> {
  const socket = cluster.connect(person.token, url, settings);
  await socket.ready();
  return socket;
}

async function nodeOf(socket: TestSocket): Promise<string> {
  return (await socket.ready()).nodeId;
}

/** Twenty people in one conversation. */
async function crowd(settings = pollingOnly) {
  const people = await Promise.all(Array.from({ length: 20 }, (_, n) => cluster.person(`p${n}`)));
  const [first, ...others] = people as [TestPerson, ...TestPerson[]];
  const { id } = await cluster.conversation(first, ...others);
  const sockets = await Promise.all(people.map((person) => connect(person, settings)));
  return { id, sockets };
}

/** Everyone sends; everyone receives all of it, once and in order. */
async function talk(id: string, sockets: TestSocket[], alreadySent = 0): Promise<void> {
  await Promise.all(sockets.map((socket) => cluster.send(socket, id)));
  const total = alreadySent + sockets.length;
  for (const socket of sockets) {
    const seqs = (await socket.messages(id, total)).map((message) => message.seq);
    expect(seqs).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  }
}

describe("through the balancer", () => {
  it("20 clients without cookies, on polling only, connect, send and receive over two gateways", async () => {
    const { id, sockets } = await crowd();
    expect(new Set(await Promise.all(sockets.map(nodeOf)))).toEqual(new Set(["gw1", "gw2"]));
    await talk(id, sockets);
    for (const socket of sockets) expect(socket.raw.io.engine.transport.name).toBe("polling");
  });

  it("polling upgrades to a WebSocket on the same gateway", async () => {
    const { id, sockets } = await crowd({ transports: ["polling", "websocket"], upgrade: true });
    await eventually(
      "upgrades",
      () => sockets.map((socket) => socket.raw.io.engine.transport.name),
      (names) => names.every((name) => name === "websocket"),
    );
    await talk(id, sockets);
  });

  it("the session id tells the gateway by its prefix", async () => {
    const { sockets } = await crowd();
    for (const socket of sockets) expect(socket.raw.io.engine.id?.split(".")[0]).toBe(await nodeOf(socket));
  });

  it("a draining gateway keeps its polling sessions and gets no new ones", async () => {
    const { id, sockets } = await crowd();
    await talk(id, sockets);
    cluster.gateways[0]!.gateway.health.draining();
    const newcomer = await cluster.person("new");
    // The balancer asks every half second; until it knows, the gateway itself refuses with a hint to come again.
    await eventually(
      "the balancer to notice",
      async () => {
        const attempts = Array.from({ length: 4 }, () => cluster.connect(newcomer.token, url, pollingOnly));
        const outcomes = attempts.map((socket) =>
          socket.ready().then(
            (ready) => ready.nodeId,
            () => "refused",
          ),
        );
        const nodes = await Promise.all(outcomes);
        for (const socket of attempts) socket.close();
        return nodes;
      },
      (nodes) => nodes.every((node) => node === "gw2"),
    );
    const late = await Promise.all(Array.from({ length: 10 }, () => connect(newcomer)));
    expect(new Set(await Promise.all(late.map(nodeOf)))).toEqual(new Set(["gw2"]));

    await talk(id, sockets, sockets.length);
    expect(sockets.filter((socket) => !socket.raw.connected)).toEqual([]);
    const onFirst = (await Promise.all(sockets.map(nodeOf))).filter((node) => node === "gw1");
    expect(onFirst.length).toBeGreaterThan(0);
  });
});
