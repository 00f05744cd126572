import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { render } from "./render.ts";
import { readWithSecrets } from "./scene.ts";

/** Who may talk to whom, as the network policies together say it. */

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: "In"; values: string[] }[];
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string };
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports: { protocol: string; port: number }[];
}
interface Policy {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}
type Labels = Record<string, string>;

const matches = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""));

/** An end of a connection: a pod of ours, or somebody outside the namespace. */
type End = { labels: Labels } | { outside: "anywhere" | "monitoring" | "10.1.2.3" };

function hears(peer: Peer, end: End): boolean {
  if ("labels" in end) return peer.podSelector !== undefined && matches(peer.podSelector, end.labels);
  if (end.outside === "monitoring")
    return peer.namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] === "monitoring";
  return end.outside === "10.1.2.3" && peer.ipBlock?.cidr === "10.0.0.0/8";
}

describe.each(["small", "production"])("overlays/%s", (name) => {
  const folder = fileURLToPath(new URL(`overlays/${name}`, import.meta.url));
  const manifests = render(path.normalize(folder), readWithSecrets);
  const policies = manifests
    .filter(({ kind }) => kind === "NetworkPolicy")
    .map(({ spec }) => spec as unknown as Policy);
  const labelsOf = (workload: string): Labels =>
    (
      manifests.find(({ kind, metadata }) => /Set$|^Deployment$/.test(kind) && metadata.name === workload)!
        .spec as { template: { metadata: { labels: Labels } } }
    ).template.metadata.labels;
  const endOf = (who: string): End =>
    who === "anywhere" || who === "monitoring" || who === "10.1.2.3"
      ? { outside: who }
      : { labels: labelsOf(who) };

  /** One side's policies: those that select it must have a rule for the other. */
  function side(pod: End, other: End, port: number, direction: "ingress" | "egress"): boolean {
    if (!("labels" in pod)) return true;
    const type = direction === "ingress" ? "Ingress" : "Egress";
    const own = policies.filter(
      (each) => each.policyTypes.includes(type) && matches(each.podSelector, pod.labels),
    );
    return own
      .flatMap((each) => each[direction] ?? [])
      .some((rule) => {
        const peers = direction === "ingress" ? rule.from : rule.to;
        return (
          rule.ports.some((each) => each.port === port) && (peers?.some((peer) => hears(peer, other)) ?? true)
        );
      });
  }

  const reaches = (from: string, to: string, port: number) =>
    side(endOf(from), endOf(to), port, "egress") && side(endOf(to), endOf(from), port, "ingress");

  const stores: [string, string, number][] =
    name === "small"
      ? [
          ...["gateway", "api", "worker"].map((who): [string, string, number] => [who, "rooms", 6_379]),
          ["api", "postgres", 5_432],
          ["worker", "postgres", 5_432],
          ["worker", "queue", 6_379],
        ]
      : [
          ...["gateway", "api", "worker"].map((who): [string, string, number] => [who, "10.1.2.3", 6_379]),
          ["api", "10.1.2.3", 5_432],
          ["worker", "10.1.2.3", 5_432],
          ["monitoring", "gateway", 9_100],
          ["monitoring", "api", 9_100],
          ["monitoring", "worker", 9_100],
        ];

  it.each([
    ["anywhere", "balancer", 8_080],
    ["balancer", "gateway", 3_001],
    ["balancer", "api", 4_000],
    ["gateway", "api", 9_100],
    ["gateway", "gateway", 3_001],
    ...stores,
  ] as [string, string, number][])("%s reaches %s on %d", (from, to, port) => {
    expect(reaches(from, to, port)).toBe(true);
  });

  it.each([
    ["anywhere", "gateway", 3_001],
    ["anywhere", "api", 9_100],
    ["balancer", "api", 9_100],
    ["balancer", "gateway", 9_100],
    ["gateway", "worker", 9_100],
    ["gateway", name === "small" ? "postgres" : "10.1.2.3", 5_432],
    ["balancer", name === "small" ? "rooms" : "10.1.2.3", 6_379],
    ...(name === "small" ? [["gateway", "queue", 6_379] as [string, string, number]] : []),
  ] as [string, string, number][])("%s does not reach %s on %d", (from, to, port) => {
    expect(reaches(from, to, port)).toBe(false);
  });
});
