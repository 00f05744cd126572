import path from "node:path";
import { fileURLToPath } from "node:url";
import { render } from "./render.ts";
import { readWithSecrets, secretsDir } from "./scene.ts";

/** For tests: both overlays, rendered, and what a container of them has in its environment. */

const folder = fileURLToPath(new URL("overlays/", import.meta.url));
export interface Container {
  image: string;
  name: string;
  command?: string[];
  env?: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  startupProbe?: Probe;
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string }[];
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
}
interface Probe {
  httpGet?: { path: string; port: string };
}
export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes: { name: string; secret?: { items: { key: string }[] } }[];
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  securityContext: Record<string, unknown>;
}
export interface Workload {
  name: string;
  labels: Record<string, string>;
  replicas: number | undefined;
  pod: PodSpec;
}

function load(name: string) {
  const manifests = render(path.join(folder, name), readWithSecrets);
  const of = (kind: string) => manifests.filter((each) => each.kind === kind);
  const workloads = [...of("StatefulSet"), ...of("Deployment")].map(({ metadata, spec }): Workload => {
    const { template, replicas } = spec as {
      replicas?: number;
      template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    };
    return { name: metadata.name, labels: template.metadata.labels, replicas, pod: template.spec };
  });
  const find = (wanted: string) => workloads.find((each) => each.name === wanted)!;
  const shared = of("ConfigMap").find(({ metadata }) => metadata.name === "parloir")!.data as Record<
    string,
    string
  >;
  return { manifests, of, workloads, find, shared };
}
type Overlay = ReturnType<typeof load>;

export const overlays = { small: load("small"), production: load("production") };

/** As the container has it, with the secrets in a folder of this test. */
export function environmentOf(container: Container, pod: string, overlay: Overlay): Record<string, string> {
  const own = (container.env ?? []).map(({ name, value, valueFrom }) => {
    if (valueFrom && valueFrom.fieldRef.fieldPath !== "metadata.name")
      throw new Error(`${name} is of ${valueFrom.fieldRef.fieldPath}`);
    return [name, valueFrom ? pod : value!];
  });
  const all = { ...(container.envFrom ? overlay.shared : {}), ...Object.fromEntries(own) };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, String(value).replace("/run/parloir", secretsDir)]),
  );
}
