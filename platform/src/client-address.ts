import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { createNetworks } from "./networks.ts";

/** Express's names for networks, which `TRUSTED_PROXIES` may hold. */
const named: Record<string, string[]> = {
  loopback: ["127.0.0.0/8", "::1"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * Where a request came from, as Express finds it: the last address in `X-Forwarded-For` that a proxy of ours wrote
 * there and that is none itself. What whoever asks wrote of themselves stands before it and is not looked at.
 */
export function createClientAddress(trustedProxies: string[]): (request: IncomingMessage) => string {
  const { isListed } = createNetworks(trustedProxies.flatMap((proxy) => named[proxy] ?? [proxy]));
  return ({ socket, headers }) => {
    let address = socket.remoteAddress ?? "";
    const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
    while (isListed(address)) {
      const before = forwarded.pop()?.trim();
      if (before === undefined || before === "") break;
      address = before;
    }
    return address;
  };
}

/** Who has one IPv6 address has 2^64 of them: the network counts. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
