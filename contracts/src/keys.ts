import * as z from "zod/mini";
import { pageCursor, pageLimit, shortText } from "./http.ts";
import { uuid } from "./ids.ts";
import { moment } from "./time.ts";

/**
 * What a server key may be allowed. Every route that takes a key names one of these; `docs/security.md` is this table
 * in prose and a test holds the two together.
 */
export const scopes = {
  "users:read": "read a person",
  "users:write": "create and change people, set passwords",
  "users:revoke": "end a person's tokens and sockets, ban, lift a ban",
  "users:erase": "export and erase people",
  "tokens:mint": "mint access tokens for people",
  "conversations:write": "create conversations, add and remove members",
  "channels:publish": "publish to channels",
  "channels:grant": "say who may subscribe to a channel",
  "announcements:send": "announce to everyone or to a role",
  "webhooks:manage": "add, change, replay and remove webhooks",
  "stats:read": "read response times",
  "stats:write": "set business hours",
  "support:write": "change how support conversations are given to agents",
  "cluster:read": "read the state of the cluster's nodes",
  "cluster:operate": "tell a gateway to drain",
  "audit:read": "read the audit log",
  "keys:manage": "create, list, rotate and revoke keys; a key gives no scope that it lacks itself",
} as const;
export type Scope = keyof typeof scopes;
export const allScopes = Object.keys(scopes) as Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

const scopeList = z
  .array(z.enum(allScopes as [Scope, ...Scope[]]))
  .check(z.minLength(1), z.maxLength(allScopes.length));

export const createKeyBody = z.strictObject({
  name: shortText(100),
  scopes: scopeList,
  expiresAt: z.optional(moment),
});

/** A day: long enough to bring a new key to every process that holds the old one. */
export const defaultGraceSeconds = 86_400;
export const rotateKeyBody = z.strictObject({
  graceSeconds: z.optional(z.int().check(z.minimum(0), z.maximum(30 * 86_400))),
});

export const keyParams = z.strictObject({ id: uuid });
export const listKeysQuery = z.strictObject({ cursor: pageCursor, limit: pageLimit });

/** A key as lists show it: never the key itself. */
export interface ServerKey {
  id: string;
  name: string;
  /** The first characters of the key. */
  prefix: string;
  scopes: Scope[];
  createdBy: string;
  createdAt: string;
  /** To the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The key that rotation put in its place. */
  replacedBy: string | null;
}

/** The only answer that holds the key. */
export interface NewServerKey extends ServerKey {
  key: string;
}
