import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { type Connection, connect, type Outcome } from "./connection.ts";

/** A server that greets, answers what `answer` says, and knows nothing else. */
async function serve(
  answer: (id: string) => string | null,
): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.send('0{"pingInterval":25000,"pingTimeout":20000}');
    socket.on("message", (data) => {
      const text = String(data);
      if (text.startsWith("40")) socket.send('42["ready",{}]');
      const reply = answer(/^42(\d+)/.exec(text)?.[1] ?? "");
      if (reply !== null) socket.send(reply);
    });
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, server };
}

/** Resolves with the connection when `ready` came; `closed` says when it ended. */
function open(url: string): Promise<{ connection: Connection; closed: Promise<string> }> {
  const closed = Promise.withResolvers<string>();
  return new Promise((resolve) => {
    const connection = connect(url, "token", {
      onEvent: (name) => name === "ready" && resolve({ connection, closed: closed.promise }),
      onRefused: () => undefined,
      onClosed: closed.resolve,
    });
    onTestFinished(connection.close);
  });
}

test.each<[string, string, Outcome<unknown>["kind"]]>([
  ["ok", '[{"ok":true,"data":{}}]', "ok"],
  ["a final refusal", '[{"ok":false,"error":{"code":"NOT_FOUND"}}]', "failed"],
  ["UNAVAILABLE", '[{"ok":false,"error":{"code":"UNAVAILABLE"}}]', "unknown"],
  ["INTERNAL", '[{"ok":false,"error":{"code":"INTERNAL"}}]', "unknown"],
])("%s is told apart", async (_name, answer, kind) => {
  const { url } = await serve((id) => (id === "" ? null : `43${id}${answer}`));
  const { connection } = await open(url);
  expect((await connection.request("heartbeat", {}, 5_000)).kind).toBe(kind);
});

test("a request without an answer is unknown", async () => {
  const { url } = await serve(() => null);
  const { connection } = await open(url);
  expect(await connection.request("heartbeat", {}, 20)).toMatchObject({ kind: "unknown", code: "timeout" });
});

test("a client that tries again at once does not keep a closing connection from closing", async () => {
  const { url, server } = await serve(() => null);
  const { connection, closed } = await open(url);
  let isClosed = false;
  closed.then(() => {
    isClosed = true;
  });
  for (const client of server.clients) client.close();
  while (!isClosed) await connection.request("heartbeat", {}, 20);
});
