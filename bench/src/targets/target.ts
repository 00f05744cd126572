import type { Pair } from "../load/generator.ts";
import type { TargetName } from "../options.ts";

export interface TargetProcess {
  name: string;
  pid: number;
  /** Can be profiled. */
  isNode: boolean;
}

/** Something the load can be put on. */
export interface Target {
  name: TargetName;
  /** The two people of each are on different gateways. */
  pairs: Pair[];
  /** Read anew each time: a process that was replaced has another pid. */
  processes(): TargetProcess[];
  /** Where the workers, if it has any, serve their metrics. */
  workerMetrics(): string[];
  stop(): Promise<void>;
}
