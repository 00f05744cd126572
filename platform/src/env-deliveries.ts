import type { Reader } from "./environment-reader.ts";
import { isNetwork } from "./networks.ts";

/** How people and the host's back end are told beyond open pages. */
export interface DeliveryConfig {
  /** Null: as the catalogue of jobs says. */
  backoffMs: number | null;
  /** A webhook that has failed for so long is disabled; null: never. */
  disableAfterHours: number | null;
  allowedNetworks: string[];
}

export function deliveries(env: Reader): DeliveryConfig {
  return {
    backoffMs: env.number("DELIVERY_BACKOFF_MS", 0) || null,
    disableAfterHours: env.number("WEBHOOK_DISABLE_AFTER_HOURS", 72) || null,
    allowedNetworks: allowedNetworks(env),
  };
}

/** On a laptop the receiver is most likely on it as well. */
export function allowedNetworks(env: Reader): string[] {
  const listed = env.list("OUTBOUND_NETWORKS");
  for (const network of listed)
    if (!isNetwork(network)) env.problem(`OUTBOUND_NETWORKS: "${network}" is no address or network`);
  const usable = listed.filter(isNetwork);
  return listed.length > 0 || env.production ? usable : ["127.0.0.0/8", "::1"];
}
