import { createCell, type Observable } from "@parloir/client/core/observable.ts";
import { unwrap } from "@parloir/client/core/rest.ts";
import { remember, remembered } from "@parloir/client/react/remembered.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { DemoAccount } from "@parloir/contracts/http.ts";
import type { SignedIn, SignInOptions } from "@parloir/contracts/session.ts";
import { sessionHeader } from "@parloir/contracts/session-header.ts";
import type { Role } from "@parloir/contracts/shapes.ts";

export interface Session {
  token: string;
  expiresAt: string;
  /** The role as it was at sign-in or the last renewal: it decides which links are shown, and nothing else. */
  user: { id: string; name: string; role?: Role };
  /** By which it is renewed: a demonstration account, or the session in the browser's cookie. */
  via: "demo" | "password";
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
  return unwrap<Data>(response);
}

export function isTeam(role: Role | undefined): boolean {
  return role === "agent" || role === "admin";
}

export async function demoAccounts(): Promise<DemoAccount[]> {
  return (await call<{ accounts: DemoAccount[] }>("/api/demo/accounts")).accounts;
}

export function offers(): Promise<SignInOptions> {
  return call<SignInOptions>("/api/sign-in");
}

function post<Data>(path: string, body: unknown): Promise<Data> {
  const headers = { "content-type": "application/json" };
  return call<Data>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function start(userId: string): Promise<Session> {
  return { ...(await post<SignedIn>("/api/demo/sessions", { userId })), via: "demo" };
}

export async function signIn(userId: string): Promise<void> {
  keep(await start(userId));
}

/** Says to other tabs and visits that there may be a session in the cookie, which no script can see. */
const mark = "session";

export async function signInWithPassword(email: string, password: string): Promise<void> {
  keep({ ...(await post<SignedIn>("/api/session", { email, password })), via: "password" });
  remember(mark, "1");
}

const own = { [sessionHeader]: "1" };

/** One tab at a time: each refresh replaces the cookie, and an answer that overtook another would leave an old one. */
async function refresh(): Promise<Session> {
  const ask = () => call<SignedIn>("/api/session/refresh", { method: "POST", headers: own });
  const next = navigator.locks ? await navigator.locks.request("parloir.session", ask) : await ask();
  return { ...next, via: "password" };
}

/** Goes on with the session of an earlier visit or another tab. False when there is none (any more). */
export async function resume(): Promise<boolean> {
  if (remembered(mark) === null) return false;
  try {
    keep(await refresh());
    return true;
  } catch (error) {
    if (!isSignedOut(error)) throw error;
    remember(mark, null);
    return false;
  }
}

function isSignedOut(error: unknown): boolean {
  return error instanceof CodedError && (error.code === "UNAUTHENTICATED" || error.code === "FORBIDDEN");
}

export function signOut(): void {
  const isOwn = cell.getSnapshot()?.via === "password";
  keep(null);
  if (!isOwn) return;
  remember(mark, null);
  // Nothing waits for it: without an answer the session ends by its time.
  call("/api/session", { method: "DELETE", headers: own, keepalive: true }).catch(() => undefined);
}

/** Less than this left counts as expired: it would not outlive the handshake. */
const leastMs = 10_000;

/** The present token, while it can be used without asking for another one. */
export function validToken(): string | null {
  const present = cell.getSnapshot();
  return present && new Date(present.expiresAt).getTime() - Date.now() > leastMs ? present.token : null;
}

export async function token({ renew }: { renew: boolean }): Promise<string> {
  const present = cell.getSnapshot();
  if (!present) throw new CodedError("UNAUTHENTICATED", "signed out");
  const valid = renew ? null : validToken();
  if (valid !== null) return valid;
  const next = await (present.via === "password" ? renewed(present) : start(present.user.id));
  if (cell.getSnapshot()?.user.id === next.user.id) keep(next);
  return next.token;
}

/** The cookie is shared by all tabs: when another one signed in as somebody else, this one is signed out. */
async function renewed(present: Session): Promise<Session> {
  try {
    const next = await refresh();
    if (next.user.id !== present.user.id) throw new CodedError("UNAUTHENTICATED", "another person's session");
    return next;
  } catch (error) {
    if (isSignedOut(error) && cell.getSnapshot()?.user.id === present.user.id) keep(null);
    throw error;
  }
}
