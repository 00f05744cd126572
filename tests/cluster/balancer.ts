import path from "node:path";
import { startHaproxy } from "@parloir/local/haproxy.ts";
import { freePort } from "@parloir/local/ports.ts";
import { temporaryFolder } from "@parloir/local/temporary.ts";

/** A real HAProxy with the product's configuration in front of a test's processes. */
export interface Balancer {
  url: string;
  port: number;
  stop: () => Promise<void>;
}

interface Target {
  name: string;
  port: number;
}

const host = "127.0.0.1";

export async function startBalancer(nodes: { gateways: Target[]; apis: Target[] }): Promise<Balancer> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const url = `http://${host}:${port}`;
  const targets = (of: Target[]) => of.map(({ name, port }) => ({ name, host, port }));
  const haproxy = await startHaproxy({
    dir: path.join(folder.dir, "haproxy"),
    config: {
      mode: "local",
      bind: [`${host}:${port}`],
      gateways: targets(nodes.gateways),
      apis: targets(nodes.apis),
      maxconn: 500,
    },
    url,
  });
  return {
    url,
    port,
    async stop() {
      await haproxy.stop();
      await folder.remove();
    },
  };
}
