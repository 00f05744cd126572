import type { TestCluster } from "../cluster/launch.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

/** What faults act upon. Pids come from the cluster's own cluster.json and from nowhere else. */
export interface Arena {
  cluster: TestCluster;
  proxy: TcpProxy;
  /** Ends early when the run is given up, so that what is frozen is let go. */
  sleep: (ms: number) => Promise<void>;
}
