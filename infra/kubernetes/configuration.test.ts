import { readFileSync } from "node:fs";
import path from "node:path";
import {
  readApiConfig,
  readGatewayConfig,
  readMigrateConfig,
  readWorkerConfig,
} from "@parloir/platform/env.ts";
import { createMetrics } from "@parloir/platform/metrics.ts";
import { describe, expect, it } from "vitest";
import { kubernetesConfig, kubernetesConfigFile } from "../haproxy/compose.ts";
import { type Container, environmentOf, overlays, type PodSpec } from "./overlays.ts";
import type { Manifest } from "./render.ts";
import { secretsDir } from "./scene.ts";

/** The manifests against what the processes really read, listen on, answer and say to each other. */

const readers: Record<string, (source: Record<string, string | undefined>) => unknown> = {
  "gateway/src/main.ts": readGatewayConfig,
  "api/src/main.ts": readApiConfig,
  "worker/src/main.ts": readWorkerConfig,
  "store/src/main.ts": readMigrateConfig,
};

describe.each(Object.entries(overlays))("overlays/%s", (_, overlay) => {
  const ours = overlay.workloads.flatMap(({ name, pod }) =>
    [...pod.containers, ...(pod.initContainers ?? [])]
      .filter(({ command }) => command !== undefined && command[1]! in readers)
      .map((container): [string, Container, PodSpec] => [`${name}-0`, container, pod]),
  );

  it("runs gateways, apis, workers and, before what needs the tables, the migrations", () => {
    const commands = ours.map(([pod, { command }]) => [pod, command![1]]);
    expect(commands.toSorted()).toEqual([
      ["api-0", "api/src/main.ts"],
      ["api-0", "store/src/main.ts"],
      ["gateway-0", "gateway/src/main.ts"],
      ["worker-0", "store/src/main.ts"],
      ["worker-0", "worker/src/main.ts"],
    ]);
  });

  it.each(ours)(
    "%s is accepted in production, and reads every variable that it is given",
    (pod, container) => {
      const environment = environmentOf(container, pod, overlay);
      const asked = new Set<string>();
      const watched = new Proxy<Record<string, string | undefined>>(environment, {
        get(target, name) {
          asked.add(String(name));
          return target[String(name)];
        },
      });
      readers[container.command![1]!]!(watched);
      expect(environment.NODE_ENV).toBe("production");
      const unread = Object.keys(environment).filter((name) => !asked.has(name) && name !== "NODE_ENV");
      // Of the map that all share, HOST is the public port's, which a worker has not.
      expect(unread.filter((name) => !(name in overlay.shared))).toEqual([]);
    },
  );

  it.each(ours)("%s has the secrets that its variables name, and no other", (pod, container, { volumes }) => {
    const named = ours
      .filter(([other]) => other === pod)
      .flatMap(([, each]) => Object.values(environmentOf(each, pod, overlay)))
      .filter((value) => value.startsWith(secretsDir))
      .map((value) => path.basename(value));
    const items = volumes.find(({ name }) => name === "secrets")!.secret!.items.map(({ key }) => key);
    expect(new Set(items)).toEqual(new Set(named));
    expect(container.volumeMounts).toContainEqual(expect.objectContaining({ mountPath: "/run/parloir" }));
  });

  it.each(ours.filter(([, { command }]) => command![1] !== "store/src/main.ts"))(
    "%s listens where it is asked",
    (pod, container) => {
      const { PORT, PRIVATE_PORT } = environmentOf(container, pod, overlay);
      const ports = Object.fromEntries(
        container.ports!.map(({ name, containerPort }) => [name, containerPort]),
      );
      expect(ports).toEqual({
        private: Number(PRIVATE_PORT),
        ...(PORT === undefined ? {} : { public: Number(PORT) }),
      });
      const { readinessProbe, livenessProbe, startupProbe } = container;
      expect(readinessProbe?.httpGet).toEqual({ path: "/readyz", port: "private" });
      expect(livenessProbe?.httpGet).toEqual({ path: "/livez", port: "private" });
      expect(startupProbe?.httpGet).toEqual({ path: "/livez", port: "private" });
    },
  );

  it("gives no process a root, an account of the cluster, or a file system to write to", () => {
    for (const { name, pod } of overlay.workloads) {
      expect([name, pod.automountServiceAccountToken, pod.securityContext.runAsNonRoot]).toEqual([
        name,
        false,
        true,
      ]);
      for (const { securityContext } of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        });
        // Postgres' own image writes beside its data.
        if (name !== "postgres") expect([name, securityContext.readOnlyRootFilesystem]).toEqual([name, true]);
      }
    }
  });

  it("gives a gateway longer to end than it takes to drain", () => {
    const { pod } = overlay.find("gateway");
    const { DRAIN_MS } = environmentOf(pod.containers[0]!, "gateway-0", overlay);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(DRAIN_MS) / 1_000 + 30);
  });

  it("names to the gateways every api, and no other", () => {
    const { API_URLS } = environmentOf(overlay.find("gateway").pod.containers[0]!, "gateway-0", overlay);
    expect(API_URLS!.split(",")).toEqual(
      Array.from({ length: overlay.find("api").replicas! }, (_, n) => `http://api-${n}.api:9100`),
    );
  });

  it("has services and budgets for pods that are there, by ports that they have", () => {
    for (const { metadata, spec } of [...overlay.of("Service"), ...overlay.of("PodDisruptionBudget")]) {
      const { selector, ports = [] } = spec as {
        selector: Record<string, string> & { matchLabels?: Record<string, string> };
        ports?: { targetPort: string }[];
      };
      const pods = overlay.workloads.filter(({ labels }) =>
        selects(selector.matchLabels ?? selector, labels),
      );
      expect([metadata.name, pods.map(({ name }) => name)]).toEqual([metadata.name, [metadata.name]]);
      const names = pods[0]!.pod.containers.flatMap(({ ports: open = [] }) => open.map((port) => port.name));
      for (const { targetPort } of ports) expect(names).toContain(targetPort);
    }
  });
});

const selects = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

describe("the balancer", () => {
  const servers = [...kubernetesConfig.matchAll(/^ {2}server (\S+) (\S+):(\d+)/gm)].map(
    ([, ...each]) => each,
  );
  const pods = (name: string, count: number, port: number) =>
    Array.from({ length: count }, (_, n) => [
      `${name}-${n}`,
      `${name}-${n}.${name}.parloir.svc.cluster.local`,
      String(port),
    ]);

  it("has the configuration that the template makes, and knows every pod that there may be", () => {
    expect(readFileSync(kubernetesConfigFile, "utf8")).toBe(kubernetesConfig);
    const autoscaler = overlays.production
      .of("HorizontalPodAutoscaler")
      .find(({ metadata }) => metadata.name === "gateway")!.spec as { maxReplicas: number };
    const apis = overlays.production.find("api").replicas!;
    expect(servers).toEqual([...pods("gateway", autoscaler.maxReplicas, 3_001), ...pods("api", apis, 4_000)]);
  });

  it("is asked about itself, on a port that no service leads to", () => {
    const [, port, asked] = /frontend health\n {2}bind \*:(\d+)\n {2}monitor-uri (\S+)/.exec(
      kubernetesConfig,
    )!;
    const [{ ports, readinessProbe, livenessProbe }] = overlays.production.find("balancer").pod
      .containers as [Container];
    expect(ports).toContainEqual({ name: "health", containerPort: Number(port) });
    for (const probe of [readinessProbe, livenessProbe])
      expect(probe?.httpGet).toEqual({ path: asked, port: "health" });
    const services = overlays.production
      .of("Service")
      .map(({ spec }) => spec as { ports: { targetPort: string }[] });
    expect(services.flatMap((each) => each.ports.map(({ targetPort }) => targetPort))).not.toContain(
      "health",
    );
  });

  it("finds a gateway by its name also while that one drains and is not ready", () => {
    const service = overlays.production.of("Service").find(({ metadata }) => metadata.name === "gateway")!;
    expect(service.spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
  });
});

describe("the way in for administrators", () => {
  it.each(Object.entries(overlays))(
    "is open in overlays/%s: sign-in, and the board of queues",
    (_, overlay) => {
      const environment = (name: string) =>
        environmentOf(overlay.find(name).pod.containers[0]!, `${name}-0`, overlay);
      expect(readApiConfig(environment("api")).passwordSignIn).toBe(true);
      expect(readWorkerConfig(environment("worker")).queueBoardPassword).toBe(
        readFileSync(path.join(secretsDir, "queue-board-password"), "utf8"),
      );
    },
  );

  it("is written down by names of pods, containers, keys and ports that there are", () => {
    const text = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
    const [, container, file] = /exec api-0 -c (\w+) -- node (\S+) /.exec(text)!;
    expect(overlays.production.find("api").pod.containers.map(({ name }) => name)).toContain(container);
    readFileSync(new URL(`../../${file}`, import.meta.url));
    const [, key] = /index \.data "([\w-]+)"/.exec(text)!;
    const [, deployment, port] = /port-forward deployment\/(\w+) \d+:(\d+)/.exec(text)!;
    const { volumes, containers } = overlays.production.find(deployment!).pod;
    expect(volumes.flatMap(({ secret }) => secret?.items.map((item) => item.key) ?? [])).toContain(key);
    expect(containers[0]!.ports).toContainEqual({ name: "private", containerPort: Number(port) });
  });
});

describe("the production overlay", () => {
  const { production } = overlays;

  it("mounts the secrets that its README has one create, and no other", () => {
    const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
    const created = [...readme.matchAll(/--from-file=([\w-]+)/g)].map(([, name]) => name);
    const mounted = production.workloads.flatMap(({ pod }) =>
      pod.volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []),
    );
    expect(new Set(mounted)).toEqual(new Set(created));
  });

  it("scales gateways by metrics that they have, and takes them away slowly", async () => {
    const served = await createMetrics("gateway", "gateway-0").registry.metrics();
    for (const { spec } of production.of("HorizontalPodAutoscaler")) {
      const { metrics, behavior, scaleTargetRef } = spec as {
        metrics: { pods?: { metric: { name: string } } }[];
        behavior: { scaleDown: { stabilizationWindowSeconds: number } };
        scaleTargetRef: { kind: string; name: string };
      };
      expect(production.of(scaleTargetRef.kind).map(({ metadata }) => metadata.name)).toContain(
        scaleTargetRef.name,
      );
      for (const { pods } of metrics) if (pods) expect(served).toContain(`# TYPE ${pods.metric.name} `);
      expect(behavior.scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(600);
    }
  });

  it("lets pages come from the address that the ingress has", () => {
    const [{ spec }] = production.of("Ingress") as [Manifest];
    const { rules } = spec as { rules: { host: string; http: { paths: { backend: object }[] } }[] };
    for (const name of ["gateway", "api", "worker"])
      expect(
        environmentOf(production.find(name).pod.containers[0]!, `${name}-0`, production).PUBLIC_URL,
      ).toBe(`https://${rules[0]!.host}`);
    expect(rules[0]!.http.paths[0]!.backend).toEqual({
      service: { name: "balancer", port: { name: "http" } },
    });
  });

  it("is scraped where the metrics are", () => {
    const [{ spec }] = production.of("ServiceMonitor") as [Manifest];
    const { selector, endpoints } = spec as {
      selector: { matchExpressions: { values: string[] }[] };
      endpoints: { port: string }[];
    };
    for (const name of selector.matchExpressions[0]!.values) {
      const service = production.of("Service").find(({ metadata }) => metadata.name === name)!;
      expect(service.metadata.labels).toMatchObject({ "app.kubernetes.io/name": name });
      const ports = (service.spec as { ports: { name: string }[] }).ports.map((port) => port.name);
      expect(ports).toContain(endpoints[0]!.port);
    }
  });
});
