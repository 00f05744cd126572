import type { WireEvents } from "./polling.ts";
import type { Wire } from "./session.ts";

/** As much of a WebSocket as k6's and Node's have in common. */
export interface PacketSocket {
  readonly readyState: number;
  send: (packet: string) => void;
  close: () => void;
  addEventListener: (
    type: "open" | "message" | "error" | "close",
    listener: (event: { data?: unknown; error?: unknown }) => void,
  ) => void;
}

const open = 1;

/**
 * Engine.IO over one WebSocket. A socket that is still connecting is closed once it has connected: k6's `close()` hands
 * its frame to a writer that begins with the connection, and until then the whole VU stands still; for ever, and the run
 * with it, when there will be none.
 */
export function overWebSocket(socket: PacketSocket, events: WireEvents): Wire {
  let isUnwanted = false;
  socket.addEventListener("open", () => {
    if (isUnwanted) socket.close();
  });
  socket.addEventListener("message", ({ data }) => events.packet(data as string));
  socket.addEventListener("error", ({ error }) => events.dropped(String(error ?? "error")));
  socket.addEventListener("close", () => events.dropped("closed"));
  return {
    send: (packet) => socket.send(packet),
    close() {
      isUnwanted = true;
      if (socket.readyState === open) socket.close();
    },
  };
}
