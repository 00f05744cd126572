import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Pair, Report } from "./generator.ts";
import type { RunResult } from "./result.ts";
import { sumOf } from "./result.ts";
import type { RunPlan } from "./run.ts";

/** The load-generator processes of one target, each with its share of the pairs and of the rate. */
export interface Fleet {
  pids: number[];
  /** Opens every socket that is not open; says how many it had to. */
  connect(): Promise<number>;
  run(plan: RunPlan, seed: number, ratePerSecond: number): Promise<RunResult>;
  stop(): void;
}

export async function startFleet(size: number, pairs: Pair[]): Promise<Fleet> {
  const program = fileURLToPath(new URL("generator.ts", import.meta.url));
  const shares = Array.from({ length: size }, (_, index) => pairs.filter((_pair, at) => at % size === index));
  const workers = shares.map(() => fork(program, { execArgv: [], env: {} }));
  await Promise.all(workers.map((worker, index) => ask(worker, { order: "connect", pairs: shares[index]! })));
  return {
    pids: workers.map((worker) => worker.pid!),
    async connect() {
      const reports = await Promise.all(
        workers.map((worker) => ask(worker, { order: "connect", pairs: [] })),
      );
      return reports.reduce(
        (sum, report) => sum + (report.report === "connected" ? report.reconnected : 0),
        0,
      );
    },
    async run(plan, seed, ratePerSecond) {
      const results = await Promise.all(
        workers.map(async (worker, index) => {
          // Poisson streams add up to a Poisson stream: each worker draws its own share.
          const share = (ratePerSecond * shares[index]!.length) / pairs.length;
          const report = await ask(worker, { order: "run", plan, seed: seed + index, ratePerSecond: share });
          return (report as Extract<Report, { report: "result" }>).result;
        }),
      );
      return results.reduce(sumOf);
    },
    stop: () => {
      for (const worker of workers) worker.disconnect();
    },
  };
}

function ask(worker: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      settle(() => reject(new Error(`a load generator ended with ${code}`)));
    const onMessage = (report: Report) =>
      settle(() => (report.report === "failed" ? reject(new Error(report.message)) : resolve(report)));
    const settle = (act: () => void) => {
      worker.off("exit", onExit);
      worker.off("message", onMessage);
      act();
    };
    worker.on("exit", onExit);
    worker.on("message", onMessage);
    worker.send(order);
  });
}
