import WebSocket from "ws";

const answerWithinMs = 30_000;

/** A WebSocket that speaks Engine.IO by hand and is connected as somebody. Closed by the other side at any moment. */
export interface RawSocket {
  open: () => boolean;
  send: (frame: string | Buffer) => void;
  /** The first frame from now on that begins like this; null when the connection ends first. */
  frame: (beginning: string) => Promise<string | null>;
  /** Everything that came, the newest 50 frames. */
  frames: string[];
  close: () => void;
}

/** @throws when the handshake is refused */
export async function connectRaw(url: string, token: string): Promise<RawSocket> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  const frames: string[] = [];
  const waiting = new Set<(frame: string | null) => void>();
  const tell = (frame: string | null) => {
    for (const each of waiting) each(frame);
  };
  ws.on("message", (data) => {
    const text = String(data);
    frames.push(text);
    if (frames.length > 50) frames.shift();
    if (text === "2") ws.send("3");
    tell(text);
  });
  ws.on("error", () => undefined);
  ws.on("close", () => tell(null));
  const socket: RawSocket = {
    open: () => ws.readyState === WebSocket.OPEN,
    send: (frame) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(frame, { binary: typeof frame !== "string" });
    },
    frame(beginning) {
      if (ws.readyState > WebSocket.OPEN) return Promise.resolve(null);
      const found = Promise.withResolvers<string | null>();
      const timer = setTimeout(
        () => found.reject(new Error(`no frame ${beginning}… in time`)),
        answerWithinMs,
      );
      const look = (frame: string | null) => {
        if (frame === null || frame.startsWith(beginning)) found.resolve(frame);
      };
      waiting.add(look);
      return found.promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    frames,
    close: () => ws.terminate(),
  };
  await say(socket, "0", () => undefined);
  await say(socket, '42["ready"', () => socket.send(`40${JSON.stringify({ token })}`));
  return socket;
}

async function say(socket: RawSocket, beginning: string, act: () => void): Promise<void> {
  const coming = socket.frame(beginning);
  act();
  if ((await coming) === null) throw new Error(`closed before ${beginning}: ${socket.frames.join(" ")}`);
}
