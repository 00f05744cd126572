/**
 * `npm run haproxy` writes compose.cfg, the balancer's configuration of docker-compose.yml, from the same template as
 * the local cluster's. A test holds the file against it.
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

export const composeConfigFile = new URL("compose.cfg", import.meta.url);
export const composeConfig = renderHaproxyConfig(config);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(composeConfigFile, composeConfig);
