import { createHash, randomBytes, randomInt } from "node:crypto";
import { allScopes, type Scope } from "@parloir/contracts/keys.ts";
import { sameSecret } from "@parloir/platform/auth.ts";
import type { Database } from "@parloir/store/database.ts";
import { findKey } from "@parloir/store/keys.ts";

/** A server key as a caller. */
export interface KeyCaller {
  /** `bootstrap` is the key of the environment, which may do everything. */
  id: string;
  scopes: readonly Scope[];
}

/** Null for what is no key of ours, or is not valid (any more). @throws CodedError UNAVAILABLE */
export type RecogniseKey = (given: string) => Promise<KeyCaller | null>;

/** Begins so that people and scanners of leaked secrets recognise it. */
const keyStart = "parloir_";
const keyPattern = /^parloir_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/;
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

export function newKey(): { key: string; prefix: string; hash: Buffer } {
  const label = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join("");
  const prefix = `${keyStart}${label}`;
  const key = `${prefix}_${randomBytes(32).toString("base64url")}`;
  return { key, prefix, hash: hashOf(key) };
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** A key that is revoked on another api ends here after this long at the latest. */
const rememberMs = 3_000;
const rememberAtMost = 10_000;

/** Only what has the form of a key is looked up: an access token on a key's route costs no query. */
export function createRecogniseKey(options: { database: Database; bootstrapKey: string }): {
  recognise: RecogniseKey;
  /** A key changed: this api asks anew. */
  forget: () => void;
} {
  const remembered = new Map<string, { key: KeyCaller | null; until: number }>();

  async function look(given: string): Promise<KeyCaller | null> {
    const hash = hashOf(given);
    const name = hash.toString("base64");
    const known = remembered.get(name);
    if (known && known.until > performance.now()) return known.key;
    const asked = performance.now();
    const found = await findKey(options.database, hash);
    if (remembered.size >= rememberAtMost) remembered.clear();
    const life = Math.min(rememberMs, found?.endsInMs ?? rememberMs);
    const key = found && { id: found.id, scopes: found.scopes };
    remembered.set(name, { key, until: asked + life });
    return key;
  }

  return {
    async recognise(given) {
      if (sameSecret(given, options.bootstrapKey)) return { id: "bootstrap", scopes: allScopes };
      return keyPattern.test(given) ? look(given) : null;
    },
    forget: () => remembered.clear(),
  };
}
