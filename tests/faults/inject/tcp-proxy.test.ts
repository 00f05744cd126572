import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A client behind the proxy, and the server's end of its connection. */
async function connected(): Promise<{ proxy: TcpProxy; client: Socket; server: Socket }> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  const proxy = await startTcpProxy(new URL(`http://127.0.0.1:${port}`));
  const client = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  client.on("error", () => undefined); // being cut is what it is here for
  const [server] = (await once(listener, "connection")) as [Socket];
  open.push(proxy, { close: () => listener.close() });
  return { proxy, client, server };
}

test("what was delayed is not overtaken when the delay ends", async () => {
  const { proxy, client, server } = await connected();
  proxy.delay(100);
  client.write("first ");
  await expect.poll(proxy.touchedBytes).toBe(6);
  proxy.delay(0);
  client.write("second");
  let heard = "";
  server.on("data", (chunk) => {
    heard += chunk;
  });
  await expect.poll(() => heard).toBe("first second");
});

test("a stream from which bytes were swallowed stays silent", async () => {
  const { proxy, client, server } = await connected();
  let heard = "";
  server.on("data", (chunk) => {
    heard += chunk;
  });
  proxy.blackHole(true);
  client.write("lost");
  await expect.poll(proxy.touchedBytes).toBe(4);
  proxy.blackHole(false);
  client.write("never");
  client.end();
  await once(server, "close");
  expect(heard).toBe("");
});

test("a cut ends the client's connection", async () => {
  const { proxy, client } = await connected();
  // `once` of node:events would take the reset for a failure of its own.
  const closed = new Promise((resolve) => client.once("close", resolve));
  expect(proxy.cut()).toBe(1);
  await closed;
});
