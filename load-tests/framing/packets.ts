/**
 * The text protocol of Engine.IO 4 and Socket.IO 5 as k6 needs it: k6 has a WebSocket and HTTP, and no Socket.IO.
 * Pure, and only what ES2021 has: k6 runs it as it stands.
 *
 * Engine.IO, one character: 0 open, 1 close, 2 ping, 3 pong, 4 message, 5 upgrade, 6 noop. Within a message comes
 * Socket.IO: 0 connect, 1 disconnect, 2 event, 3 ack, 4 connect error; then `/namespace,` unless it is the main one;
 * then the ack id; then JSON. Attachments (types 5 and 6, `b…`) do not occur: the gateways speak text only.
 */

export interface EngineHandshake {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

export type EnginePacket =
  | { type: "open"; handshake: EngineHandshake }
  | { type: "ping" | "pong"; data: string }
  | { type: "close" | "upgrade" | "noop" }
  | { type: "message"; text: string };

export type SocketPacket =
  | { type: "connect"; namespace: string; sid: string }
  | { type: "disconnect"; namespace: string }
  | { type: "event"; namespace: string; name: string; args: unknown[]; id: number | null }
  | { type: "ack"; namespace: string; id: number; args: unknown[] }
  | { type: "refused"; namespace: string; reason: Refusal };

/** What a middleware said: `data` is the server's own coded error. */
export interface Refusal {
  message: string;
  data?: { code?: string; retryable?: boolean; retryAfterMs?: number };
}

/** Says what arrived, cut to a length that fits a log line. */
export class FramingError extends Error {
  constructor(what: string, text: string) {
    super(`${what}: ${JSON.stringify(text.slice(0, 80))}`);
  }
}

export const pong = (data = ""): string => `3${data}`;
export const engineClose = "1";

/** @throws {FramingError} on what no Engine.IO server sends as text */
export function readEngine(text: string): EnginePacket {
  const rest = text.slice(1);
  switch (text[0]) {
    case "0":
      return { type: "open", handshake: readHandshake(rest) };
    case "1":
      return { type: "close" };
    case "2":
      return { type: "ping", data: rest };
    case "3":
      return { type: "pong", data: rest };
    case "4":
      return { type: "message", text: rest };
    case "5":
      return { type: "upgrade" };
    case "6":
      return { type: "noop" };
    default:
      throw new FramingError("no Engine.IO packet", text);
  }
}

function readHandshake(json: string): EngineHandshake {
  const handshake = parse(json) as Partial<EngineHandshake>;
  const { sid, pingInterval, pingTimeout } = handshake;
  if (typeof sid !== "string" || typeof pingInterval !== "number" || typeof pingTimeout !== "number")
    throw new FramingError("no Engine.IO handshake", json);
  return { upgrades: [], maxPayload: 0, ...handshake, sid, pingInterval, pingTimeout };
}

export function connectPacket(auth: object, namespace = "/"): string {
  return `40${prefixOf(namespace)}${JSON.stringify(auth)}`;
}

/** Without an id the server does not answer. */
export function eventPacket(name: string, payload: unknown, id: number | null, namespace = "/"): string {
  return `42${prefixOf(namespace)}${id ?? ""}${JSON.stringify([name, payload])}`;
}

export function ackPacket(id: number, args: unknown[], namespace = "/"): string {
  return `43${prefixOf(namespace)}${id}${JSON.stringify(args)}`;
}

export function disconnectPacket(namespace = "/"): string {
  return `41${prefixOf(namespace)}`;
}

const prefixOf = (namespace: string) => (namespace === "/" ? "" : `${namespace},`);

const types = ["connect", "disconnect", "event", "ack", "refused"] as const;

/** `text` is what an Engine.IO message holds. @throws {FramingError} */
export function readPacket(text: string): SocketPacket {
  const type = types[Number(text[0])];
  if (type === undefined || text === "") throw new FramingError("no Socket.IO packet", text);
  let at = 1;
  let namespace = "/";
  if (text[at] === "/") {
    const comma = text.indexOf(",", at);
    const end = comma === -1 ? text.length : comma;
    namespace = text.slice(at, end);
    at = end + 1;
  }
  if (type === "disconnect") return { type, namespace };
  const digits = /^\d+/.exec(text.slice(at))?.[0] ?? "";
  const id = digits === "" ? null : Number(digits);
  const data = parse(text.slice(at + digits.length), text);
  if (type === "connect") return { type, namespace, sid: (data as { sid: string }).sid };
  if (type === "refused") return { type, namespace, reason: data as Refusal };
  if (!Array.isArray(data)) throw new FramingError("no array of arguments", text);
  if (type === "ack") {
    if (id === null) throw new FramingError("an ack without an id", text);
    return { type, namespace, id, args: data };
  }
  const [name, ...args] = data as [unknown, ...unknown[]];
  if (typeof name !== "string") throw new FramingError("an event without a name", text);
  return { type, namespace, name, args, id };
}

function parse(json: string, whole = json): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new FramingError("no JSON", whole);
  }
}

const recordSeparator = "\u001e";

/** Long polling carries several packets in one body. */
export function readPayload(body: string): string[] {
  return body === "" ? [] : body.split(recordSeparator);
}

export function payloadOf(packets: readonly string[]): string {
  return packets.join(recordSeparator);
}
