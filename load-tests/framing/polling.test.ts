import { expect, it } from "vitest";
import { openPolling } from "./polling.ts";

const handshake = '0{"sid":"gw1.a","pingInterval":1,"pingTimeout":1,"maxPayload":400}';

/** A server whose answers the test gives. */
function start() {
  const asked: { method: string; url: string; body: string | null; answer: (body: string) => void }[] = [];
  const packets: string[] = [];
  const drops: string[] = [];
  const wire = openPolling(
    "http://server",
    (method, url, body) =>
      new Promise((resolve) => {
        asked.push({
          method,
          url,
          body,
          answer: (text) => resolve({ status: text === "!" ? 502 : 200, body: text }),
        });
      }),
    { packet: (packet) => packets.push(packet), dropped: (reason) => drops.push(reason) },
  );
  /** Answers the oldest open request of a kind, and lets what follows from it happen. */
  async function answer(method: string, body: string): Promise<void> {
    const at = asked.findIndex((each) => each.method === method);
    asked.splice(at, 1)[0]!.answer(body);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const open = (method: string) => asked.filter((each) => each.method === method);
  return { wire, packets, drops, answer, open };
}

it("asks again and again under its session's address, and hands on each packet of a body", async () => {
  const { packets, answer, open } = start();
  expect(open("GET")[0]!.url).toBe("http://server/socket.io/?EIO=4&transport=polling");
  await answer("GET", `${handshake}\u001e40{"sid":"b"}`);
  expect(packets).toEqual([handshake, '40{"sid":"b"}']);
  expect(open("GET").map(({ url }) => url)).toEqual([
    "http://server/socket.io/?EIO=4&transport=polling&sid=gw1.a",
  ]);
});

it("never has two requests of a kind under way: what comes meanwhile goes with the next", async () => {
  const { wire, answer, open } = start();
  await answer("GET", handshake);
  for (const packet of ["a", "b", "c"]) wire.send(packet);
  expect(open("POST").map(({ body }) => body)).toEqual(["a"]);
  await answer("POST", "ok");
  expect(open("POST").map(({ body }) => body)).toEqual(["b\u001ec"]);
  expect(open("GET")).toHaveLength(1);
});

it("puts no more into a body than the server takes", async () => {
  const { wire, answer, open } = start();
  await answer("GET", handshake);
  wire.send("first");
  for (let n = 0; n < 4; n++) wire.send("x".repeat(60));
  await answer("POST", "ok");
  expect(open("POST").map(({ body }) => body)).toEqual(["x".repeat(60)]);
});

it("sends before the handshake are kept until it is there", async () => {
  const { wire, answer, open } = start();
  wire.send("early");
  expect(open("POST")).toEqual([]);
  await answer("GET", handshake);
  wire.send("late");
  expect(open("POST")[0]!.body).toBe("early\u001elate");
});

it.each(["GET", "POST"])("is dropped once when %s fails", async (method) => {
  const { wire, drops, answer } = start();
  await answer("GET", handshake);
  wire.send("a");
  await answer(method, "!");
  expect(drops).toHaveLength(1);
});

it("says goodbye behind the last that it sends, not beside it", async () => {
  const { wire, drops, answer, open } = start();
  await answer("GET", handshake);
  wire.send("a");
  wire.send("41");
  wire.close();
  await answer("POST", "ok");
  expect(open("POST").map(({ body }) => body)).toEqual(["41"]);
  await answer("POST", "ok");
  expect(open("POST").map(({ body }) => body)).toEqual(["1"]);
  await answer("GET", "6");
  expect(open("GET")).toEqual([]);
  expect(drops).toEqual([]);
});
