import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";

/** Somebody else's HTTP server, which remembers what it was sent. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** What it was answered. */
  status: number;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers from now on. */
  answer: (status: number, headers?: Record<string, string>) => void;
  /** Lets requests wait for their answer until the function is called that it answers. */
  hold: () => () => void;
  stop: () => Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status = 200;
  let headers: Record<string, string> = {};
  let gate = Promise.resolve();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks), status });
    await gate;
    if (!response.destroyed) response.writeHead(status, headers).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer(next, withHeaders = {}) {
      [status, headers] = [next, withHeaders];
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
