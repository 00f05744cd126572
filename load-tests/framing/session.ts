import {
  connectPacket,
  disconnectPacket,
  eventPacket,
  pong,
  type Refusal,
  readEngine,
  readPacket,
} from "./packets.ts";

/** What a session needs of its transport: `send` takes one Engine.IO packet. */
export interface Wire {
  send: (packet: string) => void;
  close: () => void;
}

/** Time is an argument, because k6, Node and a test each have their own. */
export interface Clock {
  now: () => number;
  /** Answers what calls it off. */
  after: (ms: number, run: () => void) => () => void;
}

export interface SessionEvents {
  /** The server's CONNECT: events may come from now on. */
  connected?: () => void;
  event: (name: string, payload: unknown) => void;
  ping?: () => void;
  /** Once, for whatever reason; a refusal says whether and when to try again. */
  lost: (reason: string, refusal?: Refusal) => void;
}

export type Ack = { ok: true; data: unknown } | { ok: false; error: AckError };
export interface AckError {
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
}

export interface Session {
  /** What came over the wire, one Engine.IO packet. */
  receive: (packet: string) => void;
  /** Says that the wire is gone. */
  dropped: (reason: string) => void;
  /** The ack's one argument; null when none came in time or the session ended. */
  call: (event: string, payload: unknown, timeoutMs?: number) => Promise<Ack | null>;
  /** Without an ack. */
  emit: (event: string, payload: unknown) => void;
  leave: () => void;
  isConnected: () => boolean;
}

const ackTimeoutMs = 10_000;

/**
 * One Socket.IO session over whatever carries packets: handshake, CONNECT with credentials, pings, acks. A server that
 * falls silent for a ping interval and its time-out is lost, as for every client of the protocol.
 */
export function createSession(options: {
  wire: Wire;
  auth: object;
  events: SessionEvents;
  clock: Clock;
}): Session {
  const { wire, auth, events, clock } = options;
  const waiting = new Map<number, { settle: (ack: Ack | null) => void; cancel: () => void }>();
  let nextId = 0;
  let silenceMs = ackTimeoutMs;
  let cancelWatchdog = clock.after(silenceMs, () => end("no handshake"));
  let state: "opening" | "connected" | "ended" = "opening";

  function heard(): void {
    if (state === "ended") return;
    cancelWatchdog();
    cancelWatchdog = clock.after(silenceMs, () => end("ping timeout"));
  }

  function end(reason: string, refusal?: Refusal): void {
    if (state === "ended") return;
    state = "ended";
    cancelWatchdog();
    for (const { settle, cancel } of waiting.values()) {
      cancel();
      settle(null);
    }
    waiting.clear();
    wire.close();
    events.lost(reason, refusal);
  }

  function receive(text: string): void {
    if (state === "ended") return;
    const packet = readEngine(text);
    if (packet.type === "open") {
      silenceMs = packet.handshake.pingInterval + packet.handshake.pingTimeout;
      wire.send(connectPacket(auth));
    } else if (packet.type === "ping") {
      wire.send(pong(packet.data));
      events.ping?.();
    } else if (packet.type === "message") receiveMessage(packet.text);
    else if (packet.type === "close") end("closed by the server");
    heard();
  }

  function receiveMessage(text: string): void {
    const packet = readPacket(text);
    if (packet.type === "connect") {
      state = "connected";
      events.connected?.();
    } else if (packet.type === "event") events.event(packet.name, packet.args[0]);
    else if (packet.type === "ack") {
      const call = waiting.get(packet.id);
      if (!call) return;
      waiting.delete(packet.id);
      call.cancel();
      call.settle(packet.args[0] as Ack);
    } else if (packet.type === "refused") end(packet.reason.message, packet.reason);
    else end("disconnected by the server");
  }

  return {
    receive,
    dropped: (reason) => end(reason),
    call(event, payload, timeoutMs = ackTimeoutMs) {
      if (state !== "connected") return Promise.resolve(null);
      const id = nextId++;
      return new Promise((settle) => {
        const giveUp = () => {
          waiting.delete(id);
          settle(null);
        };
        waiting.set(id, { settle, cancel: clock.after(timeoutMs, giveUp) });
        wire.send(eventPacket(event, payload, id));
      });
    },
    emit(event, payload) {
      if (state === "connected") wire.send(eventPacket(event, payload, null));
    },
    leave() {
      if (state === "connected") wire.send(disconnectPacket());
      end("left");
    },
    isConnected: () => state === "connected",
  };
}
