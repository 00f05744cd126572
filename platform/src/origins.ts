import type { IncomingHttpHeaders } from "node:http";

/**
 * CORS does not guard WebSockets, nor requests that carry a cookie: the Origin is compared here. Clients that are no
 * browsers send none. Without configured origins the page's own host is accepted.
 */
export function originAllowed(headers: IncomingHttpHeaders, allowed: string[]): boolean {
  const { origin } = headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  // A page of the cluster itself: same host and port as the request, behind the balancer too.
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}
