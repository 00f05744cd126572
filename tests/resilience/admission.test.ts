import { afterAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { eventually } from "../setup/waiting.ts";
import { counted, upTo } from "./watching.ts";

const full = await startCluster({ env: { LIMIT_SOCKETS: "3" } });
const slow = await startCluster({ env: { LIMIT_CONNECTS_PER_SECOND: "2" } });
afterAll(async () => {
  await full.stop();
  await slow.stop();
});

/** Whatever a plain client needs: no settings of ours but the token. */
const plain = { transports: ["polling", "websocket"], reconnection: true };

async function pollingHandshake(cluster: Cluster) {
  const response = await fetch(`${cluster.gateways[0]!.url}/socket.io/?EIO=4&transport=polling`);
  await response.text();
  return { status: response.status, retryAfter: response.headers.get("retry-after") };
}

function websocketHandshake(cluster: Cluster): Promise<{ status: number; retryAfter: string | undefined }> {
  const url = `${cluster.gateways[0]!.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.on("unexpected-response", (request, response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] });
      request.destroy();
    });
    socket.on("open", () => {
      socket.close();
      resolve({ status: 101, retryAfter: undefined });
    });
    socket.on("error", reject);
  });
}

const refused = { status: 503, retryAfter: expect.stringMatching(/^[1-9]\d*$/) };
const open = () => counted(full.gateways[0]!, "parloir_sockets");

describe("a gateway that is full", () => {
  it("refuses handshakes with 503 and Retry-After, and a plain client comes back when there is room", async () => {
    const person = await full.person("ana");
    const inside = await Promise.all(upTo(3).map(() => full.socket(person)));
    await eventually("sockets", open, (count) => count === 3);
    expect(await pollingHandshake(full)).toEqual(refused);
    expect(await websocketHandshake(full)).toEqual(refused);

    const outside = full.connect(person.token, undefined, plain);
    await outside.refusal();
    expect(outside.all("ready")).toEqual([]);
    // Those that are inside notice nothing.
    await inside[0]!.ok("heartbeat", {});
    inside[0]!.close();
    await outside.waitFor("ready");
    expect(
      await counted(full.gateways[0]!, "parloir_handshakes_total", { outcome: "UNAVAILABLE" }),
    ).toBeGreaterThan(2);
  });
});

describe("a gateway that admits two handshakes a second", () => {
  it("refuses the others with 503, and lets all of a crowd of plain clients in by and by", async () => {
    const person = await slow.person("ana");
    const crowd = upTo(8).map(() => slow.connect(person.token, undefined, plain));
    await eventually(
      "a refusal",
      () => crowd.filter((each) => each.received.length > 0).length,
      (n) => n > 0,
    );
    for (const each of crowd) await each.waitFor("ready");
    const asked = performance.now();
    const answers = await Promise.all(upTo(30).map(() => websocketHandshake(slow)));
    expect(answers).toContainEqual(refused);
    const perSecond = 2;
    const most = perSecond + (perSecond * (performance.now() - asked)) / 1_000;
    expect(answers.filter(({ status }) => status === 101).length).toBeLessThanOrEqual(most);
  });
});
