import net from "node:net";
import type { Random } from "../../faults/random.ts";
import { judgeText } from "../judge.ts";
import type { CreateSurface } from "./surface.ts";

/** Bytes that are no request, or nearly one, on the public port: refused, answered or closed. */

const seeds = [
  "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n",
  "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "POST /socket.io/?EIO=4&transport=polling&sid=gw1.x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n40",
  "POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
];
const strange = [
  "\r\n",
  "\u0000",
  "%00",
  "%zz",
  "/../",
  "Transfer-Encoding: chunked\r\n",
  "é",
  " ",
  "HTTP/9.9",
];
const patienceMs = 2_000;

export const createHttpSurface: CreateSurface = ({ url }) => {
  const { hostname, port } = new URL(url);
  return {
    async run(random) {
      const bytes = requestOf(random);
      const answer = await exchange(hostname, Number(port), bytes);
      return { sent: bytes, answer, kind: answer.slice(9, 12) || "closed", finding: judgeText(answer) };
    },
    close: () => undefined,
  };
};

function requestOf(random: Random): string {
  let text = random.pick(seeds);
  for (let n = random.int(4); n >= 0; n--) {
    const at = random.int(text.length);
    const until = at + random.int(20);
    text = random.pick([
      () => text.slice(0, at) + random.pick(strange) + text.slice(at),
      () => text.slice(0, at) + text.slice(until),
      () => text.slice(0, until) + text.slice(at),
      () => text.replace("\r\n", `\r\nX-${random.int(9)}: ${"y".repeat(random.int(9_000))}\r\n`),
    ])();
  }
  return text;
}

/** What comes back until the other side closes, or for two seconds: an unfinished request is waited for longer. */
function exchange(host: string, port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = net.connect(port, host, () => socket.write(bytes, "latin1"));
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      // A WebSocket was opened: it would stay.
      if (got.startsWith("HTTP/1.1 101")) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
  });
}
