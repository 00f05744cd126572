import WebSocket from "ws";
import { connectFrame, eventFrame, parseFrame, pong } from "./framing.ts";

/** What a command came to. `unknown`: no answer, or UNAVAILABLE or INTERNAL, which leave the outcome open. */
export type Outcome<Data> =
  | { kind: "ok"; data: Data }
  | { kind: "failed"; code: string; retryAfterMs: number }
  | { kind: "unknown"; code: string; retryAfterMs: number };

/** One WebSocket session of one device, from the first byte to the last. */
export interface Connection {
  /** Never rejects. Times out as `unknown`. */
  request: <Data>(event: string, payload: object, timeoutMs: number) => Promise<Outcome<Data>>;
  close: () => void;
}

export interface ConnectionListener {
  onEvent: (name: string, payload: unknown) => void;
  onRefused: (code: string, retryAfterMs: number) => void;
  /** Once, whatever ended it, in words; every open request is `unknown` by then. */
  onClosed: (why: string) => void;
}

/** From dialling to `ready`; a frozen gateway accepts connections and says nothing. */
const readyWithinMs = 8_000;

export function connect(url: string, token: string, listener: ConnectionListener): Connection {
  const ws = new WebSocket(`${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    handshakeTimeout: 5_000,
    // A zero mask makes `ws` skip masking: CPU that the cluster under test can use.
    generateMask: (mask) => mask.fill(0),
  });
  const waiting = new Map<number, (outcome: Outcome<never>) => void>();
  let nextId = 0;
  let closed = false;
  let deadAfterMs = 45_000;
  let watchdog = setTimeout(() => end("not ready in time"), readyWithinMs);

  function end(why: string): void {
    if (closed) return;
    closed = true;
    clearTimeout(watchdog);
    ws.terminate();
    for (const settle of waiting.values()) settle({ kind: "unknown", code: "closed", retryAfterMs: 0 });
    waiting.clear();
    listener.onClosed(why);
  }

  function alive(): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => end("nothing heard"), deadAfterMs);
  }

  ws.on("error", (error) => end(error.message));
  ws.on("close", (code) => end(`closed with ${code}`));
  ws.on("message", (data: Buffer) => {
    if (closed) return;
    const frame = parseFrame(data.toString());
    if (frame.kind === "event") {
      if (frame.name === "ready") alive();
      listener.onEvent(frame.name, frame.payload);
    } else if (frame.kind === "ack") waiting.get(frame.id)?.(outcomeOf(frame.answer) as Outcome<never>);
    else if (frame.kind === "ping") {
      alive();
      ws.send(pong);
    } else if (frame.kind === "open") {
      deadAfterMs = frame.deadAfterMs;
      ws.send(connectFrame(token));
    } else if (frame.kind === "refused") {
      const code = frame.data.code ?? "no code";
      listener.onRefused(code, frame.data.retryAfterMs ?? 0);
      end(`refused: ${code}`);
    } else if (frame.kind === "disconnected") end("disconnected by the gateway");
  });

  return {
    request(event, payload, timeoutMs) {
      // Closing, but not closed yet: said at once, or a client that tries again at once would never let it close.
      if (ws.readyState === WebSocket.CLOSING || ws.readyState === WebSocket.CLOSED) end("closing");
      if (closed || ws.readyState !== WebSocket.OPEN)
        return Promise.resolve({ kind: "unknown", code: "closed", retryAfterMs: 0 });
      const id = nextId++;
      return new Promise((resolve) => {
        const settle = (outcome: Outcome<never>) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(outcome);
        };
        const timer = setTimeout(
          () => settle({ kind: "unknown", code: "timeout", retryAfterMs: 0 }),
          timeoutMs,
        );
        waiting.set(id, settle);
        ws.send(eventFrame(event, payload, id));
      });
    },
    close: () => end("by the device"),
  };
}

interface RawAnswer {
  ok?: boolean;
  data?: unknown;
  error?: { code?: string; retryAfterMs?: number };
}

/** RATE_LIMITED means «not written, come again»: for a client that keeps its message it is as good as unknown. */
const openCodes = new Set(["UNAVAILABLE", "INTERNAL", "RATE_LIMITED"]);

function outcomeOf(answer: unknown): Outcome<unknown> {
  const { ok, data, error } = answer as RawAnswer;
  if (ok) return { kind: "ok", data };
  const code = error?.code ?? "no code";
  return { kind: openCodes.has(code) ? "unknown" : "failed", code, retryAfterMs: error?.retryAfterMs ?? 0 };
}
