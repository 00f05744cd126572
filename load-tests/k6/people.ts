import http from "k6/http";
import { pause } from "./clock.ts";
import { baseUrl, serverKey } from "./environment.ts";

/** People, tokens and rooms are made as a host's back end makes them: over REST, with the server key. */
export interface Person {
  id: string;
  token: string;
}

/** Tags of a request: `name` is the route, so that ids make no series of their own. */
type Kind = "setup" | "rest";

const usualPatienceMs = 60_000;
const repeatMs = 500;
const atOnce = 20;

/** @throws when the answer is no success: a run without its data would measure something else */
async function ask<T>(
  method: string,
  route: string,
  path: string,
  body: object,
  patienceMs = usualPatienceMs,
): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const answer = await request(method, route, path, body, serverKey, "setup");
    if (answer.status >= 200 && answer.status < 300)
      return (JSON.parse(answer.body ?? "") as { data: T }).data;
    const mayRepeat = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (!mayRepeat || Date.now() > until)
      throw new Error(`${method} ${baseUrl}${path}: ${answer.status} ${answer.body ?? answer.error}`);
    await pause(repeatMs);
  }
}

export function request(
  method: string,
  route: string,
  path: string,
  body: object | null,
  bearer: string,
  kind: Kind,
) {
  return http.asyncRequest(method, `${baseUrl}${path}`, body === null ? null : JSON.stringify(body), {
    headers: {
      Authorization: `Bearer ${bearer}`,
      ...(body === null ? {} : { "Content-Type": "application/json" }),
    },
    responseType: "text",
    tags: { name: `${method} ${route}`, kind },
  });
}

export async function makePerson(id: string, patienceMs?: number): Promise<Person> {
  await ask("PUT", "/api/users/:id", `/api/users/${id}`, { name: `Load ${id}` }, patienceMs);
  return signIn(id);
}

export async function signIn(id: string, ttlSeconds = 24 * 3_600): Promise<Person> {
  const body = { userId: id, ttlSeconds };
  const { token } = await ask<{ token: string }>("POST", "/api/tokens", "/api/tokens", body);
  return { id, token };
}

/** People without tokens: those who only have to be there. */
export async function makePeople(ids: readonly string[]): Promise<void> {
  await each(ids, (id) => ask("PUT", "/api/users/:id", `/api/users/${id}`, { name: `Load ${id}` }));
}

export async function makeDirect(first: string, second: string): Promise<string> {
  const body = { kind: "direct", memberIds: [first, second] };
  const route = "/api/messages/conversations";
  return (await ask<{ id: string }>("POST", route, route, body)).id;
}

/** One request names a hundred members; the others are added. */
const mostMembers = 100;

export async function makeGroup(memberIds: readonly string[]): Promise<string> {
  const route = "/api/messages/conversations";
  const body = { kind: "group", memberIds: memberIds.slice(0, mostMembers) };
  const { id } = await ask<{ id: string }>("POST", route, route, body);
  await each(memberIds.slice(mostMembers), (userId) =>
    ask("POST", `${route}/:id/members`, `${route}/${id}/members`, { userId }),
  );
  return id;
}

/** Some at a time, so that a set-up is no load of its own. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}
