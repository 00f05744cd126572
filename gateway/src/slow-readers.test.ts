import { createMetrics } from "@parloir/platform/metrics.ts";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchSlowReaders } from "./slow-readers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function connection() {
  const cuts: string[] = [];
  return {
    writeBuffer: [] as { data: string }[],
    transport: { socket: { bufferedAmount: 0, terminate: () => void cuts.push("terminate") } },
    close: (discard: boolean) => void cuts.push(`close ${discard}`),
    cuts,
  };
}

type Connection = ReturnType<typeof connection>;

function watch(...connections: Connection[]) {
  const clients = Object.fromEntries(connections.entries());
  const metrics = createMetrics("gateway", "gw1");
  const watched = watchSlowReaders({
    io: { engine: { clients } } as never,
    log: pino({ level: "silent" }),
    metrics,
  });
  // As Engine.IO forgets whom it closed.
  const forget = () => {
    for (const [id, each] of Object.entries(clients)) if (each.cuts.length > 0) delete clients[id];
  };
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      await vi.advanceTimersByTimeAsync(500);
      forget();
    }
  };
  const cut = async (reason: string) => {
    const { values } = await metrics.get("parloir_connections_cut_total").get();
    return values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
  };
  return { ...watched, pass, cut };
}

const text = (bytes: number) => ({ data: "x".repeat(bytes) });
const hard = ["terminate", "close true"];

describe("a reader who is owed more than 1 MB", () => {
  it.each<[string, (reader: Connection) => void]>([
    ["in the engine's buffer", (reader) => reader.writeBuffer.push(text(600_000), text(600_000))],
    [
      "in the WebSocket's",
      (reader) => {
        reader.transport.socket.bufferedAmount = 1_100_000;
      },
    ],
    [
      "in both together",
      (reader) => {
        reader.writeBuffer.push(text(600_000));
        reader.transport.socket.bufferedAmount = 600_000;
      },
    ],
  ])("%s is cut at once and hard; the neighbour is not", async (_, fill) => {
    const [slow, neighbour] = [connection(), connection()];
    const { pass, cut, stop } = watch(slow, neighbour);
    fill(slow);
    neighbour.writeBuffer.push(text(900_000));
    await pass(1_000);
    expect([slow.cuts, neighbour.cuts]).toEqual([hard, []]);
    expect(await cut("slow_reader")).toBe(1);
    stop();
  });
});

describe("a reader whose buffer does not move", () => {
  it("is cut after 10 s, however little waits", async () => {
    const slow = connection();
    const { pass, cut, stop } = watch(slow);
    slow.writeBuffer.push(text(10));
    await pass(10_000);
    expect(slow.cuts).toEqual([]);
    await pass(2_000);
    expect(slow.cuts).toEqual(hard);
    expect(await cut("stuck_reader")).toBe(1);
    stop();
  });

  it.each<[string, (reader: Connection) => void]>([
    ["the head of its queue changes", (reader) => void reader.writeBuffer.splice(0, 1, text(10))],
    [
      "bytes leave the WebSocket",
      (reader) => {
        reader.transport.socket.bufferedAmount -= 1;
      },
    ],
  ])("stays while it moves: %s", async (_, move) => {
    const slow = connection();
    const { pass, stop } = watch(slow);
    slow.writeBuffer.push(text(10));
    slow.transport.socket.bufferedAmount = 1_000;
    for (let n = 0; n < 10; n++) {
      await pass(5_000);
      move(slow);
    }
    expect(slow.cuts).toEqual([]);
    stop();
  });

  it("begins anew after it was drained", async () => {
    const slow = connection();
    const { pass, stop } = watch(slow);
    const packet = text(10);
    slow.writeBuffer.push(packet);
    await pass(8_000);
    slow.writeBuffer.pop();
    await pass(1_000);
    slow.writeBuffer.push(packet);
    await pass(8_000);
    expect(slow.cuts).toEqual([]);
    stop();
  });
});
