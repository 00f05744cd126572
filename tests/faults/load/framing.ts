/**
 * The part of Engine.IO 4 and Socket.IO 5 that a text-only client needs. Written out because two hundred clients of
 * socket.io-client would take more of the machine than the cluster under test.
 */
export type Frame =
  | { kind: "ping" | "disconnected" | "other" }
  | { kind: "open"; deadAfterMs: number }
  | { kind: "connected" }
  | { kind: "refused"; data: { code?: string; retryAfterMs?: number } }
  | { kind: "event"; name: string; payload: unknown }
  | { kind: "ack"; id: number; answer: unknown };

export const pong = "3";
export const connectFrame = (token: string) => `40${JSON.stringify({ token })}`;
export const eventFrame = (name: string, payload: object, ackId: number) =>
  `42${ackId}${JSON.stringify([name, payload])}`;

export function parseFrame(text: string): Frame {
  switch (text[0]) {
    case "0": {
      const { pingInterval, pingTimeout } = JSON.parse(text.slice(1));
      return { kind: "open", deadAfterMs: pingInterval + pingTimeout };
    }
    case "2":
      return { kind: "ping" };
    case "4":
      return parsePacket(text);
    default:
      return { kind: "other" };
  }
}

function parsePacket(text: string): Frame {
  switch (text[1]) {
    case "0":
      return { kind: "connected" };
    case "1":
      return { kind: "disconnected" };
    case "2": {
      const [name, payload] = JSON.parse(text.slice(text.indexOf("[")));
      return { kind: "event", name, payload };
    }
    case "3": {
      const start = text.indexOf("[");
      return { kind: "ack", id: Number(text.slice(2, start)), answer: JSON.parse(text.slice(start))[0] };
    }
    case "4":
      return { kind: "refused", data: JSON.parse(text.slice(2)).data ?? {} };
    default:
      return { kind: "other" };
  }
}
