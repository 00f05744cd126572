import { spawn } from "node:child_process";
import type { Harm } from "@parloir/contracts/cluster.ts";

const frozenSeconds = 10;

/** What the chaos panel does to this process. Never wired up in production. */
export function suffer(harm: Harm): void {
  if (harm === "freeze") {
    // Somebody else has to thaw it, also when whoever froze it has gone.
    const thaw = `sleep ${frozenSeconds}; kill -CONT ${process.pid}`;
    spawn("sh", ["-c", thaw], { detached: true, stdio: "ignore" }).unref();
  }
  process.kill(process.pid, harm === "freeze" ? "SIGSTOP" : "SIGKILL");
}
