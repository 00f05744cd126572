import type { ClusterProcess } from "@parloir/local/cluster-file.ts";
import { signal } from "@parloir/local/proc.ts";
import { serverKey } from "../cluster/cluster.ts";
import type { TestCluster } from "../faults/cluster/launch.ts";
import { eventually } from "../setup/waiting.ts";
import { upTo } from "./watching.ts";

/** What a host's back end and its operator do with a cluster of real processes. */

export interface HostPerson {
  id: string;
  token: string;
}

export async function ask<T>(
  cluster: TestCluster,
  bearer: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(new URL(path, cluster.url), {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { success: boolean; data: T };
  if (!answer.success) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.data;
}

export async function makePeople(cluster: TestCluster, prefix: string, count: number): Promise<HostPerson[]> {
  const people: HostPerson[] = [];
  for (const n of upTo(count)) {
    const id = `${prefix}${n}`;
    await ask(cluster, serverKey, "PUT", `/api/users/${id}`, { name: id });
    const { token } = await ask<{ token: string }>(cluster, serverKey, "POST", "/api/tokens", { userId: id });
    people.push({ id, token });
  }
  return people;
}

export async function makeGroup(cluster: TestCluster, people: HostPerson[]): Promise<string> {
  const [first, ...others] = people;
  const body = { kind: "group", memberIds: others.map(({ id }) => id) };
  return (await ask<{ id: string }>(cluster, first!.token, "POST", "/api/messages/conversations", body)).id;
}

/** Signals the process and waits until another one serves in its place. */
export async function replace(cluster: TestCluster, name: string, how: NodeJS.Signals): Promise<void> {
  const { pid } = cluster.find(name);
  if (!signal(pid!, how)) throw new Error(`${name} was not running`);
  await served(cluster, name, pid!);
}

/** Resolves when `name` runs under another pid than `before` and says that it is ready. */
export async function served(cluster: TestCluster, name: string, before: number): Promise<void> {
  await eventually(
    `${name} in place of ${before}`,
    async () => {
      const now = cluster.find(name);
      return now.pid !== before && (await isReady(now));
    },
    (ready) => ready,
  );
}

async function isReady({ metricsUrl }: ClusterProcess): Promise<boolean> {
  if (metricsUrl === null) return true;
  return fetch(new URL("/readyz", metricsUrl)).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The sum of a metric's series (of those with such a label) over the processes of this role or name. */
export async function scraped(
  cluster: TestCluster,
  roleOrName: string,
  metric: string,
  label = "",
): Promise<number> {
  const urls = cluster
    .processes()
    .flatMap(({ role, name, metricsUrl }) =>
      role === roleOrName || name === roleOrName ? [metricsUrl!] : [],
    );
  const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  const labels = label === "" ? "(?:\\{[^}]*\\})?" : `\\{[^}]*${label}[^}]*\\}`;
  const line = new RegExp(`^${metric}${labels} (\\S+)$`, "gm");
  let sum = 0;
  for (const text of texts) for (const [, value] of text.matchAll(line)) sum += Number(value);
  return sum;
}
