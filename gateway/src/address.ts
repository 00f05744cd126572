import { networkInterfaces } from "node:os";
import { type ClusterView, isGone } from "@parloir/contracts/cluster.ts";

/** Where other processes of the cluster reach a server that listens on `host`. */
export function addressOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  const name = isEverywhere ? (own?.address ?? "127.0.0.1") : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** Addresses of the gateways that are there and take connections, but for this one. */
export function otherGateways({ at, nodes }: ClusterView, own: string): string[] {
  return nodes.flatMap((node) => {
    const isThere = node.role === "gateway" && !isGone(node, Date.parse(at)) && node.state !== "draining";
    return isThere && node.name !== own && node.address !== undefined ? [node.address] : [];
  });
}
