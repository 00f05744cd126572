import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { LookupFunction } from "node:net";
import { createNetworks } from "@parloir/platform/networks.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createOutbound, NoAnswer, type Outbound } from "./outbound.ts";

/** A server on the loopback address, which stands for everything that is not public. */
let server: Server;
let port = 0;
let connections = 0;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    if (request.url === "/moved") response.writeHead(302, { location: "/secret" });
    else if (request.url === "/busy") response.writeHead(429, { "retry-after": "7" });
    else if (request.url === "/endless") response.write("x".repeat(1_000_000));
    if (request.url !== "/silent") response.end();
  }).listen(0, "127.0.0.1");
  server.on("connection", () => {
    connections += 1;
  });
  await once(server, "listening");
  port = (server.address() as { port: number }).port;
});
afterAll(() => server.close());

const opened: Outbound[] = [];
afterEach(async () => {
  for (const outbound of opened.splice(0)) await outbound.close();
  connections = 0;
  asked = [];
});

function outboundOf(listed: string[], resolve?: LookupFunction): Outbound {
  const outbound = createOutbound(createNetworks(listed), resolve);
  opened.push(outbound);
  return outbound;
}

const post = (outbound: Outbound, url: string) => outbound.post(url, { headers: {}, body: "{}" });
const reasonOf = async (outbound: Outbound, url: string) => {
  const error: unknown = await post(outbound, url).catch((error: unknown) => error);
  return error instanceof NoAnswer ? error.reason : error;
};

/** Names lead to these addresses, one after the other with every question. */
function names(...answers: string[][]): LookupFunction {
  let turn = 0;
  return (_, __, callback) => {
    const answer = answers[Math.min(turn++, answers.length - 1)]!;
    callback(
      null,
      answer.map((address) => ({ address, family: 4 })),
    );
  };
}

describe("an address that is not public", () => {
  it.each(["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0"])(
    "is not connected to when it is written %s",
    async (host) => {
      expect(await reasonOf(outboundOf([]), `http://${host}:${port}/`)).toBe("address_not_allowed");
      expect(connections).toBe(0);
    },
  );

  it("is not connected to when a name leads to it, also where it did not when last asked", async () => {
    // Nobody listens at the first one.
    const outbound = outboundOf(["127.0.0.3"], names(["127.0.0.3"], ["127.0.0.1"]));
    const reasons: unknown[] = [];
    for (let turn = 0; turn < 3; turn++)
      reasons.push(await reasonOf(outbound, `http://rebound.example:${port}/`));
    expect(reasons).toEqual(["econnrefused", "address_not_allowed", "address_not_allowed"]);
    expect(connections).toBe(0);
  });

  it("is called where the operator lists it, and of a name's addresses only that one", async () => {
    const outbound = outboundOf(["127.0.0.1"], names(["127.0.0.2", "10.0.0.1", "127.0.0.1"]));
    expect(await post(outbound, `http://own.example:${port}/`)).toEqual({ status: 200, retryAfterMs: null });
    expect([connections, asked]).toEqual([1, ["/"]]);
  });
});

describe("an answer", () => {
  it("that sends elsewhere is the answer, and nobody goes there", async () => {
    const { status } = await post(outboundOf(["127.0.0.1"]), `http://127.0.0.1:${port}/moved`);
    expect([status, asked]).toEqual([302, ["/moved"]]);
  });

  it("says how long to wait", async () => {
    const answer = await post(outboundOf(["127.0.0.1"]), `http://127.0.0.1:${port}/busy`);
    expect(answer).toEqual({ status: 429, retryAfterMs: 7_000 });
  });

  it("may be long: its status counts", async () => {
    const { status } = await post(outboundOf(["127.0.0.1"]), `http://127.0.0.1:${port}/endless`);
    expect(status).toBe(200);
  });

  it("that cannot be had has a short reason", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const free = (closed.address() as { port: number }).port;
    await new Promise((resolve) => closed.close(resolve));
    expect(await reasonOf(outboundOf(["127.0.0.1"]), `http://127.0.0.1:${free}/`)).toBe("econnrefused");
  });
});
