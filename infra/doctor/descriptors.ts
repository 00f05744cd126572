import { readFileSync } from "node:fs";
import { type Finding, ok, problem, unknown } from "./finding.ts";

interface Process {
  name: string;
  role: string;
  pid: number | null;
}

const spare = 1_000;

/** Linux only: what the kernel says of each process. `sockets` is how many a gateway takes. */
export function checkDescriptors(processes: Process[], sockets: number): Finding[] {
  return processes.flatMap(({ name, role, pid }) => {
    const needed = neededBy(role, processes, sockets);
    return needed === null || pid === null ? [] : [judge(name, limitOf(pid), needed)];
  });
}

/** A socket is a descriptor of its gateway; the balancer has two for each socket of all gateways. */
export function neededBy(role: string, all: Pick<Process, "role">[], sockets: number): number | null {
  if (role === "gateway") return sockets + spare;
  if (role !== "balancer") return null;
  return 2 * sockets * all.filter((each) => each.role === "gateway").length + spare;
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
