import type { HistoryPage } from "@parloir/contracts/http.ts";
import type { Random } from "../random.ts";

/** The people of a run, their tokens and conversations, made through the public API as a host would. */
export interface Person {
  userId: string;
  token: string;
  conversationIds: string[];
}

export interface Population {
  people: Person[];
  /** Members by conversation. */
  members: Map<string, string[]>;
  /** Connected like everyone, and member of nothing. */
  outsiders: Person[];
  /** Connected like everyone, and member now and then: coming.ts. */
  comers: Person[];
}

/** Accepted by a development cluster only. */
const serverKey = "dev-server-key";
const atOnce = 8;
const tokenTtlSeconds = 6 * 3_600;
const directShare = 0.6;

export async function populate(
  url: string,
  count: { people: number; outsiders: number; comers: number },
  random: Random,
): Promise<Population> {
  const names = Array.from({ length: count.people + count.outsiders + count.comers }, (_, index) =>
    userIdOf(index),
  );
  const everyone = await inTurns(names, (userId) => createPerson(url, userId));
  const people = everyone.slice(0, count.people);
  const members = new Map<string, string[]>();
  await inTurns(planConversations(people, random), async ([owner, ...others]) => {
    const memberIds = others.map((each) => each.userId);
    const body =
      others.length === 1 ? { kind: "direct", recipientId: memberIds[0] } : { kind: "group", memberIds };
    const { id } = await ask<{ id: string }>("POST", `${url}/api/messages/conversations`, owner!.token, body);
    members.set(id, [owner!.userId, ...memberIds]);
    for (const person of [owner!, ...others])
      if (!person.conversationIds.includes(id)) person.conversationIds.push(id);
  });
  const comers = everyone.slice(count.people + count.outsiders);
  return { people, members, outsiders: everyone.slice(count.people, count.people + count.outsiders), comers };
}

/** Fifteen characters make a room name of twenty, which the adapter takes for a socket id: half of them do. */
function userIdOf(index: number): string {
  const number = String(index).padStart(4, "0");
  return index % 2 === 0 ? `prove-user-${number}` : `prove:${number}`;
}

/** Everyone is in at least one conversation; two in five are groups of three to eight. */
function planConversations(people: Person[], random: Random): Person[][] {
  const plan: Person[][] = [];
  for (const person of random.shuffled(people)) {
    const others = people.filter((each) => each !== person);
    const size =
      random.next() < directShare ? 2 : 3 + random.int(Math.min(6, Math.max(1, people.length - 2)));
    plan.push([person, ...random.shuffled(others).slice(0, size - 1)]);
  }
  return plan;
}

async function createPerson(url: string, userId: string): Promise<Person> {
  await ask("PUT", `${url}/api/users/${userId}`, serverKey, { name: `Person ${userId}` });
  const body = { userId, ttlSeconds: tokenTtlSeconds };
  const { token } = await ask<{ token: string }>("POST", `${url}/api/tokens`, serverKey, body);
  return { userId, token, conversationIds: [] };
}

async function inTurns<Item, Result>(
  items: Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}

export function readHistory(
  url: string,
  token: string,
  conversationId: string,
  after: number,
  limit: number,
) {
  const query = new URLSearchParams({ conversationId, after: String(after), limit: String(limit) });
  return ask<HistoryPage>("GET", `${url}/api/messages?${query}`, token);
}

export function readUnread(url: string, token: string): Promise<{ conversations: Record<string, number> }> {
  return ask("GET", `${url}/api/messages/unread`, token);
}

export class RestError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export async function ask<T>(method: string, url: string, bearer: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { success: boolean; data: T };
  if (!answer.success)
    throw new RestError(`${method} ${url}: ${response.status} ${JSON.stringify(answer)}`, response.status);
  return answer.data;
}
