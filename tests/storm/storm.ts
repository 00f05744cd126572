import { randomUUID } from "node:crypto";
import { signal } from "@parloir/local/proc.ts";
import pg from "pg";
import { launchCluster, type TestCluster } from "../faults/cluster/launch.ts";
import { ask, makeGroup, makePeople, scraped } from "../resilience/host.ts";
import { Returning } from "../resilience/returning.ts";
import { sleep, upTo } from "../resilience/watching.ts";
import { eventually } from "../setup/waiting.ts";
import type { StormOptions } from "./options.ts";
import { countStatements, type Statements, tellMs } from "./statements.ts";

/** What the death of a gateway cost. */
export interface StormFigures {
  sockets: number;
  /** Sockets of the gateway that was killed. */
  returned: number;
  /** From the kill until the last of them was back and had what it missed. */
  backMs: number;
  /** Share of the conversations that were answered from memory when their sockets came back. */
  fromRing: number;
  /** Statements a second in Postgres: while nothing happens but the messages, and from the kill until all are back. */
  quietStatements: number;
  stormStatements: number;
  /** Sockets that do not have every message at the end. */
  incomplete: number;
}

export const backWithinMs = 30_000;
export const mostStatements = 5;

export function isKept({ backMs, quietStatements, stormStatements, incomplete }: StormFigures): boolean {
  return backMs <= backWithinMs && stormStatements <= mostStatements * quietStatements && incomplete === 0;
}

/** Beyond the promise, so that a figure says by how much it was missed. */
const patienceMs = 4 * backWithinMs;

/** People share groups of ten, and each has several sockets. */
const groupSize = 10;
const socketsPerPerson = 10;
const environment = { CANARY_MS: "0", LIMIT_CONNECTS_PER_SECOND: "500", LIMIT_EVENT_LOOP_LAG_MS: "200" };

export async function storm(options: StormOptions, say: (line: string) => void): Promise<StormFigures> {
  const { gateways, apis, sockets } = options;
  // Admission as in production: it is what makes a storm wait.
  const cluster = await launchCluster({ gateways, apis, workers: 1 }, environment);
  const statements = await countStatements(cluster.find("postgres").url!);
  const fleet: Returning[] = [];
  let over = false;
  try {
    const people = await makePeople(cluster, "stormy", Math.ceil(sockets / socketsPerPerson));
    const groups: { id: string; token: string }[] = [];
    for (let from = 0; from < people.length; from += groupSize) {
      const members = people.slice(from, from + groupSize);
      groups.push({ id: await makeGroup(cluster, members), token: members[0]!.token });
    }
    for (const n of upTo(sockets)) {
      const person = n % people.length;
      fleet.push(new Returning(cluster.url, people[person]!, groups[Math.floor(person / groupSize)]!.id));
    }
    await Promise.all(fleet.map((each) => each.come()));
    say(`${sockets} sockets on ${gateways} gateways`);
    const talking = talk(cluster, groups, options.rate, () => over);
    const quiet = await quietLevel(statements, options.quietSeconds);
    say(`quiet: ${quiet.toFixed(1)} statements/s`);
    const figures = await killOne(cluster, fleet, statements, quiet);
    over = true;
    await talking;
    return { ...figures, incomplete: await incomplete(cluster, fleet) };
  } finally {
    over = true;
    for (const each of fleet) each.leave();
    await statements.close();
    await cluster.stop();
  }
}

/** One message after the other into the groups by turns, whatever the sockets do. */
async function talk(
  cluster: TestCluster,
  groups: { id: string; token: string }[],
  rate: number,
  isOver: () => boolean,
): Promise<void> {
  for (let n = 0; rate > 0 && !isOver(); n++) {
    const { id: conversationId, token } = groups[n % groups.length]!;
    const message = { conversationId, clientMessageId: randomUUID(), content: `message ${n}` };
    await ask(cluster, token, "POST", "/api/messages", message);
    await sleep(1_000 / rate);
  }
}

async function quietLevel(statements: Statements, seconds: number): Promise<number> {
  const before = await statements.count();
  const from = performance.now();
  await sleep(seconds * 1_000);
  const after = await statements.count();
  return ((after - before) / (performance.now() - from)) * 1_000;
}

async function killOne(
  cluster: TestCluster,
  fleet: Returning[],
  statements: Statements,
  quiet: number,
): Promise<Omit<StormFigures, "incomplete">> {
  const victim = cluster.find("gw1");
  const onVictim = await scraped(cluster, victim.name, "parloir_sockets");
  const before = await statements.count();
  const ringBefore = await synced(cluster);
  const killed = performance.now();
  signal(victim.pid!, "SIGKILL");
  const areBack = () => fleet.filter((each) => each.isBack && each.returns > 0).length >= onVictim;
  while (!areBack() && performance.now() - killed < patienceMs) await sleep(50);
  const backMs = areBack() ? performance.now() - killed : Number.POSITIVE_INFINITY;
  const { ring, all } = minus(await synced(cluster), ringBefore);
  const after = await statements.count();
  // Until Postgres had told everything the quiet level went on.
  const own = after - before - (quiet * tellMs) / 1_000;
  return {
    sockets: fleet.length,
    returned: onVictim,
    backMs,
    fromRing: ring / all,
    quietStatements: quiet,
    stormStatements: (own / backMs) * 1_000,
  };
}

/** On the gateways that live: the killed one counts from 0 again, and may be about to come back. */
async function synced(cluster: TestCluster): Promise<{ ring: number; all: number }> {
  const sum = { ring: 0, all: 0 };
  for (const { role, name, metricsUrl } of cluster.processes()) {
    if (role !== "gateway" || name === "gw1") continue;
    const text = await (await fetch(metricsUrl!)).text();
    for (const [, source, value] of text.matchAll(/^parloir_sync_total\{source="(\w+)"[^}]*\} (\S+)$/gm)) {
      sum.all += Number(value);
      if (source === "ring") sum.ring += Number(value);
    }
  }
  return sum;
}

function minus<T extends Record<string, number>>(left: T, right: T): T {
  return Object.fromEntries(Object.entries(left).map(([key, value]) => [key, value - right[key]!])) as T;
}

async function incomplete(cluster: TestCluster, fleet: Returning[]): Promise<number> {
  const database = new pg.Client({ connectionString: cluster.find("postgres").url! });
  await database.connect();
  const { rows } = await database.query<{ id: string; head: number }>(
    "SELECT id, last_seq::int AS head FROM conversations",
  );
  await database.end();
  const heads = new Map(rows.map(({ id, head }) => [id, head]));
  const behind = () => fleet.filter((each) => each.seq !== heads.get(each.conversationId)).length;
  // The last pushes are still on their way.
  await eventually("everything", behind, (count) => count === 0).catch(() => undefined);
  return behind();
}
