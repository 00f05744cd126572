import { expect, test } from "vitest";
import { prove } from "./prove.ts";

/** The short form of `npm run prove`: an honest cluster, one fault of each sort, and everything is kept. */
test("no promise is broken while processes, networks and stores fail", { timeout: 240_000 }, async () => {
  const lines: string[] = [];
  const plan = [
    { kind: "gateway-kill", ms: 0 },
    { kind: "rooms-flap", ms: 2_000 },
    { kind: "api-kill", ms: 0 },
    { kind: "postgres-stop", ms: 0 },
    { kind: "queue-flush", ms: 0 },
    { kind: "network-black-hole", ms: 2_000 },
    { kind: "rooms-kill", ms: 0 },
    { kind: "worker-kill", ms: 0 },
    { kind: "gateway-term", ms: 0 },
  ].map((fault, index) => ({ ...fault, draw: index / 10 }));
  const proof = await prove(
    {
      seconds: 20,
      seed: 1,
      rate: 40,
      clients: 32,
      comers: 2,
      gateways: 2,
      apis: 2,
      workers: 1,
      faults: [],
      report: null,
    },
    { say: (line) => lines.push(line), plan, patience: { gap: [500, 1_500] } },
  );
  expect(proof.broken, lines.join("\n")).toEqual([]);
  expect(proof.history.faults).toHaveLength(plan.length);
  const changed = proof.history.changes.filter(({ outcome }) => outcome === "ok");
  expect(new Set(changed.map(({ kind }) => kind)).size).toBe(3);
});
