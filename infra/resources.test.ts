import { readFileSync } from "node:fs";
import path from "node:path";
import { readGatewayConfig } from "@parloir/platform/env.ts";
import { describe, expect, it } from "vitest";
import { compose, environmentOf as environmentInCompose, root } from "./docker/compose-file.ts";
import { environmentOf, overlays } from "./kubernetes/overlays.ts";
import { secretsDir } from "./kubernetes/scene.ts";

/** What each process may take of its machine, in docker-compose.yml and in the manifests. */

const scaling = readFileSync(path.join(root, "docs/scaling.md"), "utf8");
const socketBytes = Number(/^\| memory of an idle socket, KB \| (\d+) /m.exec(scaling)![1]) * 1_024;

const units: Record<string, number> = { k: 1e3, m: 2 ** 20, g: 2 ** 30, Mi: 2 ** 20, Gi: 2 ** 30 };
/** As Docker and Kubernetes write them: 512m, 1g; 512Mi, 2Gi. */
function bytes(text: string | undefined): number {
  const [, number, unit] = /^(\d+)(m|g|Mi|Gi)$/.exec(text ?? "") ?? [];
  expect(unit, `${text} is no amount of memory`).toBeDefined();
  return Number(number) * units[unit!]!;
}
const cores = (text: string | undefined) =>
  text?.endsWith("m") ? Number(text.slice(0, -1)) / 1_000 : Number(text);

/** Half of it for what is there without sockets, and for what they have in flight. */
function expectRoom(limit: number, environment: Record<string, string>): void {
  expect(limit).toBeGreaterThanOrEqual(2 * readGatewayConfig(environment).limits.maxSockets * socketBytes);
}

describe("docker-compose.yml", () => {
  it.each(Object.entries(compose.services))("%s has a limit of CPU and of memory", (_, { deploy }) => {
    const limits = deploy?.resources?.limits;
    const cpus = cores(limits?.cpus?.replace(/^\$\{\w+:-(.*)\}$/, "$1"));
    expect(cpus).toBeGreaterThan(0);
    // Docker refuses a container that may take more cores than the host has, and docs/operations.md asks for two.
    expect(cpus).toBeLessThanOrEqual(2);
    expect(bytes(limits?.memory)).toBeGreaterThanOrEqual(256 * 2 ** 20);
  });

  it("gives a gateway the memory for as many sockets as it lets in", () => {
    const { gateway1 } = compose.services;
    expectRoom(
      bytes(gateway1!.deploy!.resources!.limits!.memory),
      environmentInCompose(gateway1!, secretsDir),
    );
  });

  it("gives Postgres room for more than its buffers", () => {
    const { command, deploy } = compose.services.postgres!;
    const buffers = command!.find((each) => each.startsWith("shared_buffers="))!.split("=")[1]!;
    expect(bytes(deploy!.resources!.limits!.memory)).toBeGreaterThanOrEqual(
      2 * bytes(buffers.replace("MB", "m")),
    );
  });
});

describe.each(Object.entries(overlays))("infra/kubernetes/overlays/%s", (_, overlay) => {
  const containers = overlay.workloads.flatMap(({ name, pod }) =>
    [...pod.containers, ...(pod.initContainers ?? [])].map((each) => [name, each.name, each] as const),
  );

  it.each(containers)("%s, %s asks for CPU and memory, and has a limit of memory", (_, __, { resources }) => {
    expect(cores(resources.requests?.cpu)).toBeGreaterThan(0);
    // No limit of CPU: one who is throttled answers late while cores are idle.
    expect(resources.limits).toEqual({ memory: expect.any(String) });
    expect(bytes(resources.limits!.memory)).toBeGreaterThanOrEqual(bytes(resources.requests?.memory));
  });

  it.each(containers)("%s, %s has an image with a tag, which a node pulls once", (_, __, { image }) => {
    expect(image).toMatch(/^[^:]+(:\d+)?[^:]*:[\w.-]+$/);
  });

  it("gives a gateway the memory for as many sockets as it lets in, and says what one takes", () => {
    const [gateway] = overlay.find("gateway").pod.containers;
    expectRoom(bytes(gateway!.resources.limits!.memory), environmentOf(gateway!, "gateway-0", overlay));
    const manifest = readFileSync(path.join(root, "infra/kubernetes/base/gateway.yaml"), "utf8");
    expect(manifest).toContain(`An idle socket takes ${socketBytes / 1_024} KB`);
  });
});

it("a gateway asks for the memory of as many sockets as the autoscaler leaves it", () => {
  const { spec } = overlays.production
    .of("HorizontalPodAutoscaler")
    .find(({ metadata }) => metadata.name === "gateway")!;
  const { metrics } = spec as { metrics: { pods: { target: { averageValue: string } } }[] };
  const sockets = Number(metrics[0]!.pods.target.averageValue);
  const { requests } = overlays.production.find("gateway").pod.containers[0]!.resources;
  expect(bytes(requests!.memory)).toBeGreaterThanOrEqual(1.5 * sockets * socketBytes);
});
