import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Between one process and its Redis: loses single pushes, or the whole way. */
export interface RedisProxy {
  url: string;
  /** From now on pushes that contain this text are lost; an empty text loses none. */
  lose: (text: string) => void;
  /** How many pushes were lost so far. */
  lost: () => number;
  /** Ends all connections and takes no new ones, until `mend`. */
  cut: () => void;
  mend: () => void;
  /** Connections stay open and carry nothing more; new ones work. */
  swallow: () => void;
  close: () => Promise<void>;
}

export async function startRedisProxy(redisUrl: string): Promise<RedisProxy> {
  const target = new URL(redisUrl);
  const open = new Set<Socket>();
  const swallowed = new WeakSet<Socket>();
  let unwanted = "";
  let lost = 0;
  let isCut = false;

  function carry(from: Socket, to: Socket, transform: (chunk: Buffer) => Buffer): void {
    open.add(from);
    from.on("data", (chunk) => {
      if (!swallowed.has(from)) to.write(transform(chunk));
    });
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
    from.on("error", () => to.destroy());
  }

  /** Passes whole replies on, without those pushes that are to be lost. */
  function filter(): (chunk: Buffer) => Buffer {
    let rest = "";
    return (chunk) => {
      // One character per byte, so that the lengths of the protocol hold.
      rest += chunk.toString("latin1");
      let passed = "";
      for (;;) {
        const end = endOfReply(rest, 0);
        if (end === null) break;
        const reply = rest.slice(0, end);
        rest = rest.slice(end);
        if (unwanted !== "" && reply.includes("\r\nsmessage\r\n") && reply.includes(unwanted)) lost += 1;
        else passed += reply;
      }
      return Buffer.from(passed, "latin1");
    };
  }

  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    carry(client, upstream, (chunk) => chunk);
    carry(upstream, client, filter());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(redisUrl);
  url.port = String((server.address() as { port: number }).port);

  function cut(): void {
    isCut = true;
    for (const socket of open) socket.destroy();
  }

  return {
    url: url.href,
    lose(text) {
      unwanted = text;
    },
    lost: () => lost,
    cut,
    mend() {
      isCut = false;
    },
    swallow() {
      for (const socket of open) swallowed.add(socket);
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

/** Where the reply that begins at `from` ends, or null while a part of it is still on its way. */
function endOfReply(text: string, from: number): number | null {
  const lineEnd = text.indexOf("\r\n", from);
  if (lineEnd === -1) return null;
  const count = Number(text.slice(from + 1, lineEnd));
  let end = lineEnd + 2;
  const kind = text[from]!;
  if ("$=!".includes(kind)) {
    if (count < 0) return end;
    end += count + 2;
    return end <= text.length ? end : null;
  }
  if (!"*>~%".includes(kind)) return end;
  for (let left = kind === "%" ? 2 * count : count; left > 0; left--) {
    const next = endOfReply(text, end);
    if (next === null) return null;
    end = next;
  }
  return end;
}
