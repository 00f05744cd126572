import { createMetrics } from "@parloir/platform/metrics.ts";
import { describe, expect, it } from "vitest";
import { createAdmission } from "./admission.ts";

const generous = {
  sendsPerSecond: 0,
  sendBurst: 0,
  eventsPerMinute: 0,
  joinsPerMinute: 0,
  typingPerSecond: 0,
  heartbeatsPerSecond: 0,
  callsPerMinute: 0,
  signalsPerSecond: 0,
  openRequestsPerSecond: 0,
  channelEventsPerSecond: 0,
  readsPerSecond: 0,
  signInFailures: 0,
  keyRequestsPerSecond: 0,
  exportsPerHour: 0,
  socketsPerUser: 0,
  connectsPerSecond: 0,
  maxSockets: 0,
  eventLoopLagMs: 0,
};

function admission(state: {
  limits?: Partial<typeof generous>;
  sockets?: number;
  lagMs?: number;
  draining?: boolean;
}) {
  return createAdmission({
    limits: { ...generous, ...state.limits },
    lag: { ms: () => state.lagMs ?? 0, stop: () => undefined },
    sockets: () => state.sockets ?? 0,
    isDraining: () => state.draining ?? false,
    metrics: createMetrics("gateway", "test"),
  });
}

describe("admission", () => {
  it.each([
    ["nothing limits", {}],
    ["a limit of 0 is none, however many there are", { sockets: 1e6, lagMs: 1e6 }],
    ["there is room for one more", { limits: { maxSockets: 10 }, sockets: 9 }],
    ["the lag is what is allowed", { limits: { eventLoopLagMs: 200 }, lagMs: 200 }],
  ])("admits when %s", (_, state) => {
    expect(admission(state).refusal()).toBeNull();
  });

  it.each([
    ["it drains", { draining: true }],
    ["it is full", { limits: { maxSockets: 10 }, sockets: 10 }],
    ["its event loop is late", { limits: { eventLoopLagMs: 200 }, lagMs: 201 }],
  ])("refuses with a hint to come again when %s", (_, state) => {
    const refusal = admission(state).refusal();
    expect(refusal).toMatchObject({ code: "UNAVAILABLE" });
    expect(refusal!.retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  it("admits no more at once than its rate", () => {
    const { refusal } = admission({ limits: { connectsPerSecond: 3 } });
    const outcomes = Array.from({ length: 5 }, () => refusal() === null);
    expect(outcomes).toEqual([true, true, true, false, false]);
  });

  it("does not spend its rate on those it refuses for another reason", () => {
    const state = { limits: { connectsPerSecond: 1, maxSockets: 1 }, sockets: 1 };
    const gate = createAdmission({
      limits: { ...generous, ...state.limits },
      lag: { ms: () => 0, stop: () => undefined },
      sockets: () => state.sockets,
      isDraining: () => false,
      metrics: createMetrics("gateway", "test"),
    });
    expect(gate.refusal()).not.toBeNull();
    state.sockets = 0;
    expect(gate.refusal()).toBeNull();
  });

  it("spreads its hints, so that a crowd does not come back at once", () => {
    const gate = admission({ draining: true });
    const hints = new Set(Array.from({ length: 20 }, () => gate.refusal()!.retryAfterMs));
    expect(hints.size).toBeGreaterThan(10);
  });
});
