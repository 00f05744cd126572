import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * A TCP proxy between some clients and the balancer: what bad networks do. `delay` holds every chunk back, `blackHole`
 * swallows everything in both directions while the connections look alive, `cut` resets them all.
 */
export interface TcpProxy {
  url: string;
  connections: () => number;
  /** Milliseconds for every chunk, in order; 0 for none. */
  delay: (ms: number) => void;
  blackHole: (on: boolean) => void;
  /** @returns how many connections were cut */
  cut: () => number;
  /** How many bytes were held back or swallowed so far: proof that a fault touched somebody. */
  touchedBytes: () => number;
  close: () => Promise<void>;
}

export async function startTcpProxy(target: URL): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let delayMs = 0;
  let swallowing = false;
  let touched = 0;

  const doomed = new WeakSet<Socket>();

  function pipe(from: Socket, to: Socket): void {
    // Chunks keep their order also when the delay ends between two of them.
    let last = Promise.resolve();
    let queued = 0;
    from.on("data", (chunk: Buffer) => {
      if (delayMs > 0 || swallowing) touched += chunk.length;
      // A stream that lost bytes in its middle can never be right again: once swallowed, always swallowed.
      if (swallowing) doomed.add(from);
      if (doomed.has(from)) return;
      if (delayMs === 0 && queued === 0) {
        to.write(chunk);
        return;
      }
      const due = new Promise((resolve) => setTimeout(resolve, delayMs));
      queued += 1;
      last = last.then(async () => {
        await due;
        queued -= 1;
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on("close", () => to.destroy());
    from.on("error", () => to.destroy());
  }

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    client.on("close", () => pairs.delete(pair));
    pipe(client, upstream);
    pipe(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as { port: number };

  function cut(): number {
    const count = pairs.size;
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    pairs.clear();
    return count;
  }

  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => pairs.size,
    delay(ms) {
      delayMs = ms;
    },
    blackHole(on) {
      swallowing = on;
    },
    cut,
    touchedBytes: () => touched,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
