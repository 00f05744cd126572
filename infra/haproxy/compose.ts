/**
 * `npm run haproxy` writes the balancer's configuration of docker-compose.yml and of infra/kubernetes, from the same
 * template as the local cluster's. Tests hold the files against it.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type HaproxyConfig, renderHaproxyConfig } from "./config.ts";

/** The names are those of the gateways (NODE_NAME), because sessions are routed by them; hosts are services. */
const config: HaproxyConfig = {
  mode: "production",
  bind: ["*:8080"],
  gateways: [1, 2, 3].map((n) => ({ name: `gw${n}`, host: `gateway${n}`, port: 3_001 })),
  apis: [1, 2].map((n) => ({ name: `api${n}`, host: `api${n}`, port: 4_000 })),
  maxconn: 45_000,
};

/** Whole names: HAProxy's resolver knows no search domains. Pods that are not there are simply down. */
const pod = (name: string, n: number, port: number) => ({
  name: `${name}-${n}`,
  host: `${name}-${n}.${name}.parloir.svc.cluster.local`,
  port,
});

/** As many gateways as the autoscaler may make; a test compares. */
const kubernetes: HaproxyConfig = {
  mode: "production",
  bind: ["*:8080"],
  gateways: Array.from({ length: 20 }, (_, n) => pod("gateway", n, 3_001)),
  apis: [0, 1].map((n) => pod("api", n, 4_000)),
  // The ingress controller, wherever its pods are.
  proxies: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  maxconn: 100_000,
  healthPort: 8_081,
};

export const composeConfigFile = new URL("compose.cfg", import.meta.url);
export const composeConfig = renderHaproxyConfig(config);
export const kubernetesConfigFile = new URL("../kubernetes/base/haproxy.cfg", import.meta.url);
export const kubernetesConfig = renderHaproxyConfig(kubernetes);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(composeConfigFile, composeConfig);
  writeFileSync(kubernetesConfigFile, kubernetesConfig);
}
