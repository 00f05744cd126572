import type { Pair, Person } from "../load/generator.ts";

/** Accepted by a development cluster only. */
const serverKey = "dev-server-key";
const pairsAtOnce = 8;
/** Longer than any run. */
const tokenTtlSeconds = 6 * 3_600;

/** Creates people, tokens and direct conversations through the public API, as a host application would. */
export async function createPairs(apiUrl: string, gatewayUrls: string[], count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let at = 0; at < count; at += pairsAtOnce) {
    const batch = Array.from({ length: Math.min(pairsAtOnce, count - at) }, (_, index) => at + index);
    pairs.push(...(await Promise.all(batch.map((index) => createPair(apiUrl, gatewayUrls, index)))));
  }
  return pairs;
}

async function createPair(apiUrl: string, gatewayUrls: string[], index: number): Promise<Pair> {
  const people = await Promise.all([
    createPerson(apiUrl, `bench-${index}-a`, gatewayUrls[index % gatewayUrls.length]!),
    createPerson(apiUrl, `bench-${index}-b`, gatewayUrls[(index + 1) % gatewayUrls.length]!),
  ]);
  const body = { kind: "direct", recipientId: people[1].userId };
  const { id } = (await ask("POST", `${apiUrl}/api/messages/conversations`, people[0].token, body)) as {
    id: string;
  };
  return { conversationId: id, people };
}

async function createPerson(apiUrl: string, userId: string, url: string): Promise<Person> {
  await ask("PUT", `${apiUrl}/api/users/${userId}`, serverKey, { name: userId });
  const body = { userId, ttlSeconds: tokenTtlSeconds };
  const { token } = (await ask("POST", `${apiUrl}/api/tokens`, serverKey, body)) as { token: string };
  return { userId, token, url };
}

export async function ask(method: string, url: string, bearer: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { success: boolean; data: unknown };
  if (!answer.success) throw new Error(`${method} ${url}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.data;
}
