import WebSocket from "ws";
import { connectFrame, eventFrame, parseFrame, pong } from "./framing.ts";

/** What a load run hears. Ids are those given to `send`; `json` is unparsed. */
export interface Listener {
  onEvent(name: string, json: string): void;
  onAck(id: number, json: string): void;
}

export interface LightSocket {
  /** False once the connection is gone; the caller opens a new one. */
  readonly isOpen: boolean;
  /** Resolves when it is gone. */
  readonly closed: Promise<void>;
  send(event: string, payload: object, ackId: number): void;
  /** For the set-up: waits for the ack's one argument. Rejects after ten seconds. */
  call(event: string, payload: object): Promise<unknown>;
  close(): void;
}

const patienceMs = 10_000;
/** Set-up calls take their ack ids from here up; runs stay below. */
const firstCallId = 2 ** 40;

/** Opens a WebSocket-only Socket.IO session and waits for the server's `ready` event. */
export function openSocket(url: string, token: string, listener: Listener): Promise<LightSocket> {
  const ws = new WebSocket(`${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    // A zero mask makes `ws` skip masking: nothing on this path needs protecting, and it is CPU not spent.
    generateMask: (mask) => mask.fill(0),
  });
  const calls = new Map<number, (answer: unknown) => void>();
  const socket = lightSocket(ws, calls);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`${url}: no ready event in ${patienceMs} ms`)), patienceMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      ws.terminate();
      reject(error);
    };
    ws.on("error", fail);
    ws.on("close", () => fail(new Error(`${url}: closed`)));
    ws.on("message", (data: Buffer) => {
      const frame = parseFrame(data.toString());
      if (frame.kind === "ack") {
        const waiting = calls.get(frame.id);
        if (waiting) waiting(JSON.parse(frame.json)[0]);
        else listener.onAck(frame.id, frame.json);
      } else if (frame.kind === "event") {
        if (frame.name === "ready") {
          clearTimeout(timer);
          resolve(socket);
        } else listener.onEvent(frame.name, frame.json);
      } else if (frame.kind === "ping") ws.send(pong);
      else if (frame.kind === "open") ws.send(connectFrame({ token }));
      else if (frame.kind === "refused") fail(new Error(`${url}: refused ${frame.json}`));
      else if (frame.kind === "disconnected") ws.terminate();
    });
  });
}

function lightSocket(ws: WebSocket, calls: Map<number, (answer: unknown) => void>): LightSocket {
  let nextCallId = firstCallId;
  const closed = new Promise<void>((resolve) => void ws.once("close", () => resolve()));
  return {
    closed,
    get isOpen() {
      return ws.readyState === WebSocket.OPEN;
    },
    send: (event, payload, ackId) => ws.send(eventFrame(event, payload, ackId)),
    call(event, payload) {
      const id = nextCallId++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          calls.delete(id);
          reject(new Error(`no ack of ${event} in ${patienceMs} ms`));
        }, patienceMs);
        calls.set(id, (answer) => {
          clearTimeout(timer);
          calls.delete(id);
          resolve(answer);
        });
        ws.send(eventFrame(event, payload, id));
      });
    },
    close: () => ws.terminate(),
  };
}
