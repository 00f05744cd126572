import type { Conversation } from "@parloir/contracts/shapes.ts";
import type { Pool } from "./values.ts";

/** Whom the cases speak as, and what they may name. Made anew now and then: a case may ban or erase its people. */
export interface Target {
  url: string;
  /** Those of this moment. */
  cast: () => Cast;
}

export interface Cast {
  tokens: string[];
  serverKey: string;
  pool: Pool;
}

const serverKey = "dev-server-key";
const actors = { client: "client", agent: "agent", admin: "admin" } as const;

/** Three people of different roles with conversations of their own, and one conversation that is none of theirs. */
export async function castPeople(url: string, generation: string): Promise<Cast> {
  const idOf = (name: string) => `fuzz.${generation}.${name}`;
  const tokens = await Promise.all(
    Object.entries(actors).map(async ([name, role]) => personToken(url, idOf(name), role)),
  );
  const stranger = await personToken(url, idOf("stranger"), "client");
  const [client, agent] = tokens as [string, string, string];
  const direct = await conversation(url, client, { kind: "direct", recipientId: idOf("agent") });
  const support = await conversation(url, client, { kind: "support" });
  const foreign = await conversation(url, stranger, { kind: "support" });
  const group = await conversation(url, agent, { kind: "group", memberIds: [idOf("client"), idOf("admin")] });
  const ids = [direct, support, foreign, group].map(({ id }) => id);
  const people = [...Object.keys(actors), "stranger"].map(idOf);
  return { tokens, serverKey, pool: [...ids, ...people, "project:1", `user:${people[0]}`, "role:client"] };
}

export async function personToken(url: string, id: string, role: string): Promise<string> {
  await ask(url, "PUT", `/api/users/${id}`, serverKey, { name: id, role });
  return (await ask<{ token: string }>(url, "POST", "/api/tokens", serverKey, { userId: id })).token;
}

export function conversation(url: string, token: string, body: object): Promise<Conversation> {
  return ask<Conversation>(url, "POST", "/api/messages/conversations", token, body);
}

async function ask<T>(url: string, method: string, path: string, bearer: string, body: object): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { success: boolean; data: T; error?: unknown };
  if (!answer.success) throw new Error(`${method} ${path}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}
