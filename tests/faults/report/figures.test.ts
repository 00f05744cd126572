import { expect, test } from "vitest";
import { createHistory } from "../history.ts";
import { figuresOf, spreadOf } from "./figures.ts";
import { reportPage } from "./page.ts";
import { summaryOf } from "./summary.ts";

const options = {
  seconds: 10,
  seed: 4,
  rate: 1,
  clients: 8,
  comers: 0,
  gateways: 1,
  apis: 1,
  workers: 1,
  faults: [],
  report: null,
};

function run() {
  const history = createHistory();
  const send = (queuedAt: number, end: number) => ({
    conversationId: "c",
    userId: "ana",
    clientMessageId: `m${queuedAt}`,
    content: "hello",
    purpose: "message" as const,
    queuedAt,
    attempts: [
      { socket: 0, at: queuedAt, end, outcome: "ok" as const, code: null, receipt: null },
      { socket: 0, at: queuedAt, end: end + 500, outcome: "ok" as const, code: null, receipt: null },
    ],
  });
  history.sends.push(send(100, 110), send(4_000, 6_000));
  history.faults.push({
    number: 1,
    kind: "api-freeze",
    target: "api1",
    startedAt: 4_500,
    endedAt: 5_500,
    stableAt: 6_100,
    evidence: ["<state T>"],
  });
  const samples = [
    { at: 1_000, pushed: 90, repaired: 0 },
    { at: 2_000, pushed: 99, repaired: 1 },
    { at: 5_000, pushed: 99, repaired: 101 },
  ];
  const snapshot = {
    conversations: new Map(),
    messages: new Map(),
    marks: new Map(),
    notifications: [],
    deliveries: [],
    outbox: [],
    epoch: "e1",
  };
  const verdict = { rule: "durable", promise: "Kept.", violations: 0, examples: [] };
  return {
    verdicts: [verdict],
    broken: [],
    history,
    snapshot,
    counters: {},
    samples,
    began: 0,
    ended: 10_000,
  };
}

test("a latency that a fault touched does not count as quiet", () => {
  const figures = figuresOf(options, run());
  expect(figures.ack.quiet).toMatchObject({ count: 1, max: 10 });
  expect(figures.ack.faulty).toMatchObject({ count: 1, max: 2_000 });
  expect(figures.kinds).toMatchObject([{ kind: "api-freeze", count: 1, worstStableMs: 600 }]);
  expect(figures.pushShare).toEqual({ quiet: 0.99, all: 0.495 });
});

test("percentiles are values that occurred", () => {
  const ways = Array.from({ length: 100 }, (_, index) => ({ from: 0, to: index + 1 }));
  expect(spreadOf(ways)).toEqual({ count: 100, p50: 51, p99: 100, max: 100 });
  expect(spreadOf([])).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
});

test("the last line says whether the promises were kept", () => {
  const figures = figuresOf(options, run());
  expect(summaryOf(figures).at(-1)).toBe("prove: seed 4, 2 messages, 1 faults: all promises kept");
  figures.verdicts[0]!.violations = 2;
  expect(summaryOf(figures).at(-1)).toBe("prove: seed 4, 2 messages, 1 faults: broken: durable");
});

test("the page loads nothing and shows what was seen as text", () => {
  const page = reportPage(figuresOf(options, run()));
  expect(page).toContain("All promises kept");
  expect(page).toContain("&lt;state T>");
  expect(page).not.toMatch(/<script|src=|href=|@import|url\(/);
});
