import { describe, expect, it } from "vitest";
import { createFlightRecorder } from "./flights.ts";

const message = { conversationId: "00000000-0000-4000-8000-000000000001", seq: 7 };

describe("the flight recorder", () => {
  it("remembers what was noted of a message, and nothing of another", () => {
    const recorder = createFlightRecorder("gw1");
    recorder.note(message, "received", { at: 1_000 });
    recorder.note(message, "delivered", { at: 2_000, count: 3 });
    recorder.note({ ...message, seq: 8 }, "received");
    expect(recorder.find(message)).toEqual([
      { node: "gw1", step: "received", at: "1970-01-01T00:00:01.000Z" },
      { node: "gw1", step: "delivered", at: "1970-01-01T00:00:02.000Z", count: 3 },
    ]);
  });

  it("forgets the oldest, so that it never grows, and keeps the newest 65,536 steps", () => {
    const recorder = createFlightRecorder("gw1");
    const last = 65_537;
    for (let seq = 1; seq <= last; seq++) recorder.note({ ...message, seq }, "received");
    expect(recorder.find({ ...message, seq: 1 })).toEqual([]);
    for (const seq of [2, last]) expect(recorder.find({ ...message, seq })).toHaveLength(1);
  });
});
