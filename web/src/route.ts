import { createCell, type Observable } from "@parloir/client/core/observable.ts";

export interface Route {
  path: string;
  /** The open conversation, so that a reload and the phone's back key do what they promise. */
  conversationId: string | null;
  /** What pages keep in their address besides it, as it stands there. */
  search: string;
}

function read(): Route {
  return {
    path: location.pathname.replace(/(.)\/+$/, "$1"),
    conversationId: new URLSearchParams(location.search).get("conversation"),
    search: location.search,
  };
}

const cell = createCell(read());
addEventListener("popstate", () => cell.set(read()));

export const route: Observable<Route> = cell;

export function addressOf(conversationId: string | null): string {
  return conversationId === null
    ? "/messages"
    : `/messages?conversation=${encodeURIComponent(conversationId)}`;
}

export const firstPage = "/messages";

/** The sign-in page on the way to another one. */
export function signInFor(path: string, search = ""): string {
  const next = path === "/" ? firstPage : path + search;
  return next === firstPage ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`;
}

/** Where to go after signing in. Only a path of this site: `//elsewhere` would be another one. */
export function afterSignIn(): string {
  const next = new URLSearchParams(location.search).get("next") ?? firstPage;
  return /^\/[a-z]/.test(next) ? next : firstPage;
}

export function go(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  cell.set(read());
}
