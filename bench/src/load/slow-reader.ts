import WebSocket from "ws";
import { connectFrame, parseFrame } from "./framing.ts";
import type { Person } from "./generator.ts";

/** A device that connects, joins its person's conversations as every device does, and then reads nothing more. */
export interface SlowReader {
  /** How often the gateway cut it. It comes back each time. */
  cuts(): number;
  stop(): void;
}

/** A paused socket notices its end only when it writes. */
const probeMs = 500;

export function startSlowReader(person: Person): SlowReader {
  let cuts = 0;
  let stopped = false;
  let ws = connect();

  function connect(): WebSocket {
    const url = `${person.url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const probe = setInterval(() => socket.readyState === WebSocket.OPEN && socket.ping(), probeMs);
    let isReady = false;
    socket.on("message", (data: Buffer) => {
      const frame = parseFrame(data.toString());
      if (frame.kind === "open") socket.send(connectFrame({ token: person.token }));
      if (frame.kind !== "event" || frame.name !== "ready") return;
      isReady = true;
      socket.pause();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(probe);
      if (stopped) return;
      if (isReady) cuts += 1;
      ws = connect();
    });
    return socket;
  }

  return {
    cuts: () => cuts,
    stop() {
      stopped = true;
      ws.terminate();
    },
  };
}
