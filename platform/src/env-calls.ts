import { type Reader, shortestSecret } from "./environment-reader.ts";

/** By which servers browsers find a way to each other, for video calls. */
export interface CallConfig {
  /** Tell a browser its public address. */
  stunUrls: string[];
  /** Null: calls work only where the two browsers can reach each other. */
  turn: TurnConfig | null;
}

/** A relay that knows the same secret: coturn's `use-auth-secret`. */
export interface TurnConfig {
  urls: string[];
  secret: string;
  ttlSeconds: number;
}

export function calls(env: Reader): CallConfig {
  const urls = env.list("TURN_URLS");
  const secret = env.optional("TURN_SECRET");
  const ttlSeconds = Math.max(env.number("TURN_TTL_SECONDS", 3_600), 60);
  const stunUrls = env.list("STUN_URLS");
  for (const [name, listed, scheme] of [
    ["TURN_URLS", urls, /^turns?:[^\s/]+$/],
    ["STUN_URLS", stunUrls, /^stuns?:[^\s/]+$/],
  ] as const) {
    for (const url of listed)
      if (!scheme.test(url))
        env.problem(`${name}: "${url}" is no address such as turn:turn.example.org:3478`);
  }
  if (urls.length > 0 !== (secret !== null)) env.problem("TURN_URLS and TURN_SECRET go together");
  if (secret !== null && secret.length < shortestSecret && env.production)
    env.problem(`TURN_SECRET must have at least ${shortestSecret} characters`);
  const turn = urls.length > 0 && secret !== null ? { urls, secret, ttlSeconds } : null;
  return { stunUrls, turn };
}
