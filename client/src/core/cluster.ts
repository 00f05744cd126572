import type { ClusterView, Harm } from "@parloir/contracts/cluster.ts";
import type { ClusterHistory, ClusterPoint } from "@parloir/contracts/cluster-history.ts";
import type { NodesPoint } from "@parloir/contracts/node-history.ts";
import { createClusterPoints, type ShownPoints } from "./cluster-points.ts";
import type { Link } from "./link.ts";
import { createCell, type Observable } from "./observable.ts";
import { createRest } from "./rest.ts";
import { createSocketLink } from "./socket.ts";
import { createTokens, type GetToken } from "./token.ts";

/** An admin's live view of the cluster, with the history that is in it and in the server. */
export interface ClusterFeed {
  readonly connection: Link["state"];
  readonly state: Observable<ClusterFeedState>;
  /** While paused the state does not change; what came meanwhile shows afterwards. */
  pause(paused: boolean): void;
  /** The last day, coarser; from the server, which keeps it. @throws CodedError */
  day(): Promise<ShownPoints>;
  /** The chaos panel, in development; `redis` is the one for rooms. @throws CodedError */
  harm(nodeName: string, harm: Harm): Promise<void>;
  /** @throws CodedError */
  drain(nodeName: string): Promise<void>;
  close(): void;
}

export interface ClusterFeedState {
  /** Null until the first one came. */
  view: ClusterView | null;
  /** By this machine's clock. */
  receivedAt: number;
  /** Of the last hour, oldest first. */
  points: ClusterPoint[];
  /** The same time, by process. */
  nodes: NodesPoint[];
  paused: boolean;
}

export function createClusterFeed(options: { url: string; getToken: GetToken }): ClusterFeed {
  const tokens = createTokens(options.getToken);
  const rest = createRest({ url: options.url, tokens, fetch: globalThis.fetch.bind(globalThis) });
  const link = createSocketLink({ url: options.url, tokens });
  const state = createCell<ClusterFeedState>({
    view: null,
    receivedAt: 0,
    points: [],
    nodes: [],
    paused: false,
  });
  let latest = state.getSnapshot();
  const points = createClusterPoints();

  function show(change: Partial<ClusterFeedState>): void {
    latest = { ...latest, ...change };
    if (!latest.paused) state.set(latest);
    else if (change.paused) state.update((present) => ({ ...present, paused: true }));
  }

  function receive(view: ClusterView): void {
    show({ view, receivedAt: Date.now(), ...points.take(view) });
  }

  async function start(): Promise<void> {
    try {
      show(points.begin(await rest("GET", "/api/cluster/history?minutes=60&nodes=true")));
    } catch {
      // Without the server's history the charts begin now.
    }
    try {
      const { cluster } = await link.request("watch_cluster", { on: true });
      if (cluster) receive(cluster);
    } catch {
      // No longer connected: it is asked again with the next connection. Not an admin: the view stays empty.
    }
  }

  link.listen((event) => {
    if (event.event === "ready") void start();
    if (event.event === "cluster") receive(event.payload);
  });
  link.open();

  return {
    connection: link.state,
    state,
    pause: (paused) => show({ paused }),
    async day() {
      const path = "/api/cluster/history?minutes=1440&nodes=true";
      const { points, nodes = [] } = await rest<ClusterHistory>("GET", path);
      return { points, nodes };
    },
    async harm(nodeName, harm) {
      await rest("POST", `/api/cluster/nodes/${encodeURIComponent(nodeName)}/harm`, { harm });
    },
    async drain(nodeName) {
      await rest("POST", `/api/cluster/nodes/${encodeURIComponent(nodeName)}/drain`);
    },
    close: () => link.close(),
  };
}
