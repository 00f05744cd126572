import { describe, expect, it } from "vitest";
import { overWebSocket, type PacketSocket } from "./websocket.ts";

/** A socket that the test opens, and that may only be closed while open, as k6's. */
function start() {
  const listeners = new Map<string, (event: { data?: unknown; error?: unknown }) => void>();
  const heard: unknown[][] = [];
  const done: string[] = [];
  let readyState = 0;
  const socket: PacketSocket = {
    get readyState() {
      return readyState;
    },
    send: (packet) => void done.push(packet),
    close() {
      if (readyState === 0) throw new Error("k6 would stand still here");
      readyState = 2;
      done.push("closed");
    },
    addEventListener: (type, listener) => void listeners.set(type, listener),
  };
  const wire = overWebSocket(socket, {
    packet: (packet) => heard.push(["packet", packet]),
    dropped: (reason) => heard.push(["dropped", reason]),
  });
  const happens = (type: string, event = {}) => listeners.get(type)!(event);
  const opens = () => {
    readyState = 1;
    happens("open");
  };
  return { wire, heard, done, happens, opens };
}

describe("a WebSocket", () => {
  it("carries packets both ways, and says how it ended", () => {
    const { wire, heard, done, happens, opens } = start();
    opens();
    wire.send("40");
    happens("message", { data: "0{}" });
    happens("error", { error: "refused" });
    happens("close");
    expect(done).toEqual(["40"]);
    expect(heard).toEqual([
      ["packet", "0{}"],
      ["dropped", "refused"],
      ["dropped", "closed"],
    ]);
  });

  it("is closed at once when it is open, and once", () => {
    const { wire, done, opens } = start();
    opens();
    wire.close();
    wire.close();
    expect(done).toEqual(["closed"]);
  });

  it("that is given up while it connects is closed when it has connected, and not before", () => {
    const { wire, done, opens } = start();
    wire.close();
    expect(done).toEqual([]);
    opens();
    expect(done).toEqual(["closed"]);
  });
});
