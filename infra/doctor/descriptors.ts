import { readFileSync } from "node:fs";
import { type Finding, ok, problem, unknown } from "./finding.ts";

interface Process {
  name: string;
  role: string;
  pid: number | null;
}

/** A socket is a descriptor; a balancer needs two for each. */
const perSocket: Record<string, number> = { gateway: 1, balancer: 2 };
const spare = 1_000;

/** Linux only: what the kernel says of each process. */
export function checkDescriptors(processes: Process[], sockets: number): Finding[] {
  return processes.flatMap(({ name, role, pid }) => {
    const each = perSocket[role];
    if (each === undefined || pid === null) return [];
    return [judge(name, limitOf(pid), each * sockets + spare)];
  });
}

export function judge(name: string, limit: number | null, needed: number): Finding {
  const what = `file descriptors of ${name}`;
  if (limit === null) return unknown(what, "cannot be read here");
  return limit >= needed
    ? ok(what, `${limit}, and ${needed} may be needed`)
    : problem(
        what,
        `${limit}, and ${needed} may be needed`,
        "raise the limit (ulimit -n, LimitNOFILE of systemd, ulimits of compose), or lower LIMIT_SOCKETS",
      );
}

function limitOf(pid: number): number | null {
  try {
    const line = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1];
    if (line === "unlimited") return Number.POSITIVE_INFINITY;
    return line === undefined ? null : Number(line);
  } catch {
    return null; // Of another account, gone, or not Linux.
  }
}
