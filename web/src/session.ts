import { createCell, type Observable } from "@parloir/client/core/observable.ts";
import { unwrap } from "@parloir/client/core/rest.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { DemoAccount } from "@parloir/contracts/http.ts";

export interface Session {
  token: string;
  expiresAt: string;
  user: { id: string; name: string };
}

const key = "parloir.session";

// sessionStorage: each tab can be another person, which is how one shows a conversation to oneself.
function read(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Session | null;
  } catch {
    return null;
  }
}

const cell = createCell<Session | null>(read());

export const session: Observable<Session | null> = cell;

function keep(next: Session | null): void {
  try {
    if (next) sessionStorage.setItem(key, JSON.stringify(next));
    else sessionStorage.removeItem(key);
  } catch {
    // Refused storage: the session lasts until reload.
  }
  cell.set(next);
}

async function call<Data>(path: string, init?: RequestInit): Promise<Data> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(15_000), ...init });
  } catch (error) {
    throw new CodedError("UNAVAILABLE", "no answer", { cause: error });
  }
  // In production the route does not exist, and what answers instead may be a page.
  if (response.status === 404) throw new CodedError("NOT_FOUND", "no demonstration accounts here");
  return unwrap<Data>(response);
}

export async function demoAccounts(): Promise<DemoAccount[]> {
  return (await call<{ accounts: DemoAccount[] }>("/api/demo/accounts")).accounts;
}

async function start(userId: string): Promise<Session> {
  return call<Session>("/api/demo/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userId }),
  });
}

export async function signIn(userId: string): Promise<void> {
  keep(await start(userId));
}

export function signOut(): void {
  keep(null);
}

/** Less than this left counts as expired: it would not outlive the handshake. */
const leastMs = 10_000;

export async function token({ renew }: { renew: boolean }): Promise<string> {
  const present = cell.getSnapshot();
  if (!present) throw new CodedError("UNAUTHENTICATED", "signed out");
  if (!renew && new Date(present.expiresAt).getTime() - Date.now() > leastMs) return present.token;
  const next = await start(present.user.id);
  if (cell.getSnapshot()?.user.id === next.user.id) keep(next);
  return next.token;
}
