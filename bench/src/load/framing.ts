/**
 * The part of Engine.IO 4 and Socket.IO 5 that a text-only client of the main namespace needs. Written out because
 * socket.io-client costs several times as much per message, and this generator shares its machine with the servers.
 *
 * Engine.IO: first character is the type (0 open, 1 close, 2 ping, 3 pong, 4 message).
 * Socket.IO, inside a message: 0 connect, 1 disconnect, 2 event, 3 ack, 4 connect error; then the ack id; then JSON.
 */
export const pong = "3";

export type Frame =
  | { kind: "open" | "close" | "ping" | "connected" | "disconnected" | "unknown" }
  | { kind: "refused"; json: string }
  /** `json` is the whole argument array, left unparsed: most frames are only counted. */
  | { kind: "event"; name: string; json: string }
  | { kind: "ack"; id: number; json: string };

export function connectFrame(auth: object): string {
  return `40${JSON.stringify(auth)}`;
}

export function eventFrame(name: string, payload: object, ackId: number): string {
  return `42${ackId}${JSON.stringify([name, payload])}`;
}

const zero = 48;
const nine = 57;

export function parseFrame(text: string): Frame {
  switch (text[0]) {
    case "0":
      return { kind: "open" };
    case "1":
      return { kind: "close" };
    case "2":
      return { kind: "ping" };
    case "4":
      return parsePacket(text);
    default:
      return { kind: "unknown" };
  }
}

function parsePacket(text: string): Frame {
  switch (text[1]) {
    case "0":
      return { kind: "connected" };
    case "1":
      return { kind: "disconnected" };
    case "2":
      return parseEvent(text);
    case "3":
      return parseAck(text);
    case "4":
      return { kind: "refused", json: text.slice(2) };
    default:
      return { kind: "unknown" };
  }
}

function parseEvent(text: string): Frame {
  const json = text.slice(afterDigits(text, 2));
  if (!json.startsWith('["')) return { kind: "unknown" };
  return { kind: "event", name: json.slice(2, json.indexOf('"', 2)), json };
}

function parseAck(text: string): Frame {
  const start = afterDigits(text, 2);
  return start === 2
    ? { kind: "unknown" }
    : { kind: "ack", id: Number(text.slice(2, start)), json: text.slice(start) };
}

function afterDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= zero && text.charCodeAt(at) <= nine) at += 1;
  return at;
}
