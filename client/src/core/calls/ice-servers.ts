import type { IceServer, IceServers } from "@parloir/contracts/calls.ts";
import type { Rest } from "../rest.ts";

/** Whoever looks for a way with these must still find the relay willing. */
const marginMs = 30_000;

/**
 * The servers by which two browsers find each other. Asked again when their credentials have ended: a relay refuses who
 * comes with old ones, and a call that lasts longer than they do would find no other way when its own is lost.
 *
 * @returns null where those that one has are good, or nobody can say others: without any, calls work within one network
 */
export function createServers(rest: Rest): () => Promise<IceServer[] | null> {
  let goodUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Date.now() < goodUntil - marginMs) return null;
    try {
      const { iceServers, expiresAt } = await rest<IceServers>("GET", "/api/calls/ice-servers");
      goodUntil = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
      return iceServers;
    } catch {
      return null;
    }
  };
}
