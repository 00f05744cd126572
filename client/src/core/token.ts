/**
 * Asks the host application for an access token. With `renew` the former one is expired or refused: a cached token
 * must not be returned again.
 */
export type GetToken = (options: { renew: boolean }) => Promise<string>;

export interface Tokens {
  current(): Promise<string>;
  /** A newer token than `stale`. Callers that fail at the same moment share one request. */
  renew(stale?: string): Promise<string>;
}

export function createTokens(getToken: GetToken): Tokens {
  let latest: string | undefined;
  let pending: Promise<string> | undefined;

  function ask(renew: boolean): Promise<string> {
    pending ??= getToken({ renew })
      .then((token) => {
        latest = token;
        return token;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  return {
    async current() {
      return latest ?? ask(false);
    },
    async renew(stale = latest) {
      if (latest !== undefined && latest !== stale) return latest;
      return ask(true);
    },
  };
}

/** The person a JWT speaks for, unverified: good for naming local storage, never for permission. */
export function subjectOf(token: string): string | null {
  try {
    const payload = token.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const subject = typeof claims === "object" && claims !== null && "sub" in claims ? claims.sub : null;
    return typeof subject === "string" ? subject : null;
  } catch {
    return null; // Not a JWT: the id then comes with `ready`.
  }
}
