/**
 * What `/livez` and `/readyz` say.
 * Ready means: send work here. A missing Postgres or Redis makes a process degraded, not unready: they are missing
 * for all its neighbours too, and a coded UNAVAILABLE from here is worth more than the balancer's bare 503.
 */
export type CheckResult = "ok" | "degraded";
export type Check = () => CheckResult | Promise<CheckResult>;

export interface HealthReport {
  status: "ready" | "degraded" | "starting" | "draining";
  checks: Record<string, CheckResult>;
}

export interface Health {
  started: () => void;
  draining: () => void;
  isDraining: () => boolean;
  report: () => Promise<HealthReport>;
}

export function createHealth(checks: Record<string, Check>): Health {
  let phase: "starting" | "running" | "draining" = "starting";
  return {
    started() {
      if (phase === "starting") phase = "running";
    },
    draining() {
      phase = "draining";
    },
    isDraining: () => phase === "draining",
    async report() {
      const results = await runChecks(checks);
      if (phase !== "running") return { status: phase, checks: results };
      const status = Object.values(results).includes("degraded") ? "degraded" : "ready";
      return { status, checks: results };
    },
  };
}

const checkTimeoutMs = 1_000;

async function runChecks(checks: Record<string, Check>): Promise<Record<string, CheckResult>> {
  const entries = Object.entries(checks).map(async ([name, check]): Promise<[string, CheckResult]> => {
    const timeout = new Promise<CheckResult>((resolve) => {
      setTimeout(resolve, checkTimeoutMs, "degraded").unref();
    });
    try {
      return [name, await Promise.race([check(), timeout])];
    } catch {
      return [name, "degraded"];
    }
  });
  return Object.fromEntries(await Promise.all(entries));
}

export function isReady(report: HealthReport): boolean {
  return report.status === "ready" || report.status === "degraded";
}
