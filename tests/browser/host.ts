/** What a host's back end asks of a cluster with the development key. Answers with the data. */
export async function host<Data>(url: string, method: string, path: string, body: object): Promise<Data> {
  const headers = { authorization: "Bearer dev-server-key", "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { data: Data }).data;
}

/** The conversation of these two, made unless it is there. Answers with its id. */
export async function directBetween(url: string, one: string, other: string): Promise<string> {
  const body = { kind: "direct", memberIds: [one, other] };
  return (await host<{ id: string }>(url, "POST", "/api/messages/conversations", body)).id;
}

/** Sends as this person, over REST. */
export async function sendAs(
  url: string,
  userId: string,
  conversationId: string,
  content: string,
): Promise<void> {
  const { token } = await host<{ token: string }>(url, "POST", "/api/tokens", { userId });
  const response = await fetch(`${url}/api/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ conversationId, clientMessageId: crypto.randomUUID(), content }),
  });
  if (response.status !== 201) throw new Error(`a send was answered with ${response.status}`);
}
