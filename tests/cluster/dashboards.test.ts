import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ClusterView, NodeSnapshot } from "@parloir/contracts/cluster.ts";
import { type MetricName, metricTable } from "@parloir/platform/metrics.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../setup/waiting.ts";
import { startCluster, type TestPerson } from "./cluster.ts";
import type { Node } from "./nodes.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import type { TestSocket } from "./socket.ts";

/**
 * Grafana's dashboards asked of a real Prometheus: every expression of every panel, as the files have it, must give
 * figures of a cluster in which all that it is about has happened.
 */
interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
}
interface Panel {
  id: number;
  title: string;
  datasource: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
}
interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
}

const folder = path.resolve(import.meta.dirname, "../../infra/grafana");
const dashboards = readdirSync(path.join(folder, "dashboards")).map(
  (file) => JSON.parse(readFileSync(path.join(folder, "dashboards", file), "utf8")) as Dashboard,
);
const targets = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    panel.targets.map(({ expr, legendFormat }): [string, string] => [
      `${title}, ${panel.title}, ${legendFormat}`,
      expr,
    ]),
  ),
);

const cluster = await startCluster({ gateways: 2, apis: 1, workers: 1 });
const jobs = { gateway: cluster.gateways, api: cluster.apis, worker: cluster.workers };
let prometheus: Prometheus;
let sender: TestSocket;
let ana: TestPerson;
let conversationId: string;
beforeAll(async () => {
  prometheus = await startPrometheus(jobs);
  const ben = await cluster.person("ben");
  ana = await cluster.person("ana");
  ({ id: conversationId } = await cluster.conversation(ana, ben));
  sender = await cluster.socket(ana, 0);
  await cluster.socket(ben, 1);
}, 90_000);
afterAll(async () => {
  await prometheus.stop();
  await cluster.stop();
});

/** What people do all the time. */
async function live(): Promise<void> {
  await cluster.send(sender, conversationId);
  await sender.ok("sync", { cursors: { [conversationId]: 0 } });
  await sender.refused("join_conversation", { conversationId: crypto.randomUUID() });
  await cluster.rest(ana, "GET", "/api/me");
}

/**
 * What is rare, and what only a whole `npm start` does, is counted by hand, as its process would: with every label that
 * the metric has. That it is counted where it happens, the tests of what happens say.
 */
const rare = [
  "parloir_canary_total",
  "parloir_canary_ack_seconds",
  "parloir_canary_delivery_seconds",
  "parloir_gaps_total",
  "parloir_connections_cut_total",
  "parloir_limit_refusals_total",
  "parloir_limit_checks_total",
  "parloir_replica_reads_total",
  "parloir_upload_bytes_total",
  "parloir_publishes_total",
  "parloir_assignments_total",
  "parloir_wait_seconds",
  "parloir_waits_unanswered_total",
] as const satisfies MetricName[];

const fixed: Record<string, string> = { outcome: "failed" };

function countRare(): void {
  for (const name of rare)
    for (const [role, nodes] of Object.entries(jobs))
      if ((metricTable[name].of as readonly string[]).includes(role))
        for (const node of nodes as Node[]) countOne(node, name);
}

function countOne({ metrics }: Node, name: MetricName): void {
  const labels = Object.fromEntries(metricTable[name].labels.map((label) => [label, fixed[label] ?? label]));
  const metric = metrics.get(name) as unknown as Record<"inc" | "observe", (...args: unknown[]) => void>;
  if (metricTable[name].kind === "histogram") metric.observe(labels, 0.02);
  else metric.inc(labels);
}

describe("every dashboard", () => {
  it.each(targets)("%s", { timeout: 120_000 }, async (_, expr) => {
    const asked = expr.replaceAll("$__rate_interval", "30s");
    expect(asked).not.toContain("$");
    const figures = await eventually(
      `figures of ${asked}`,
      async () => {
        await live();
        countRare();
        return prometheus.ask(asked);
      },
      (found) => found.length > 0,
      90_000,
    );
    for (const figure of figures) expect(figure).toBeGreaterThanOrEqual(0);
  });

  it("and the metrics page agree with it within 2 %", { timeout: 120_000 }, async () => {
    const admin = await cluster.person("admin", "admin");
    const asked = {
      sends: 'sum(parloir_commands_total{event="send_message",outcome="ok"})',
      deliveries: "sum(parloir_messages_delivered_total)",
      committed: 'sum(parloir_messages_committed_total{outcome="ok"})',
      sockets: "sum(parloir_sockets)",
    };
    const both = async () => {
      const { nodes } = await cluster.call<ClusterView>(admin, "GET", "/api/cluster");
      const sum = (read: (node: NodeSnapshot) => number | undefined) =>
        nodes.reduce((total, node) => total + (read(node) ?? 0), 0);
      const shown = {
        sends: sum(({ counts }) => counts?.sends),
        deliveries: sum(({ counts }) => counts?.deliveries),
        committed: sum(({ counts }) => counts?.committed),
        sockets: sum(({ gateway }) => gateway?.sockets),
      };
      const pairs = Object.entries(asked).map(async ([name, expression]) => {
        const [theirs = 0] = await prometheus.ask(expression);
        return [name, shown[name as keyof typeof shown], theirs] as const;
      });
      return Promise.all(pairs);
    };
    // Nobody writes now: within a few seconds either has looked.
    await eventually("the same figures", both, (all) =>
      all.every(([, mine, theirs]) => theirs > 0 && Math.abs(mine / theirs - 1) < 0.02),
    );
  });

  it("asks the one data source that is provisioned, and no panel lies on another", () => {
    const provisioned = readFileSync(path.join(folder, "provisioning/datasources/prometheus.yml"), "utf8");
    for (const { uid, panels } of dashboards) {
      const taken = new Set<string>();
      for (const { datasource, gridPos, targets: all } of panels) {
        expect(provisioned).toContain(`uid: ${datasource.uid}`);
        expect(new Set(all.map(({ refId }) => refId)).size).toBe(all.length);
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect([uid, taken.has(`${x} ${y}`)]).toEqual([uid, false]);
            taken.add(`${x} ${y}`);
          }
      }
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    }
  });
});
