import type { Random } from "../random.ts";
import type { Arena } from "./arena.ts";
import * as postgres from "./postgres.ts";
import { freeze, keepKilling, kill, terminate } from "./processes.ts";
import * as redis from "./redis.ts";

/**
 * Every kind of fault. `inject` does it, undoes it where it has an end, and answers with what it saw happen; it must
 * not answer with nothing. Durations are drawn from the seed before, so that two runs of a seed plan the same.
 */
export interface FaultKind {
  /** How long it lasts, milliseconds; none: it happens at one moment. */
  lasts?: [number, number];
  /** It takes its own time: the cluster is expected to be well only from its end on. */
  drawnOut?: true;
  /** The names it may hit; one is drawn. */
  targets: (arena: Arena) => string[];
  inject: (arena: Arena, target: string, ms: number) => Promise<string[]>;
}

const named =
  (...names: string[]) =>
  () =>
    names;
const ofRole = (role: string) => (arena: Arena) =>
  arena.cluster
    .processes()
    .filter((each) => each.role === role)
    .map((each) => each.name);

const node = (role: string) =>
  ({
    [`${role}-kill`]: { targets: ofRole(role), inject: kill },
    [`${role}-freeze`]: { lasts: [3_000, 15_000], targets: ofRole(role), inject: freeze },
    [`${role}-term`]: { drawnOut: true, targets: ofRole(role), inject: terminate },
  }) satisfies Record<string, FaultKind>;

export const faultKinds: Record<string, FaultKind> = {
  ...node("gateway"),
  ...node("api"),
  ...node("worker"),
  // Longer than a job's lock and a delivery's lease (30 s each): what it has under way is others' when it wakes.
  "worker-freeze-long": { lasts: [35_000, 45_000], targets: ofRole("worker"), inject: freeze },
  "balancer-kill": { targets: named("balancer"), inject: kill },
  "rooms-kill": { targets: named("redis"), inject: kill },
  "rooms-freeze": { lasts: [3_000, 20_000], targets: named("redis"), inject: freeze },
  "rooms-outage": { lasts: [20_000, 30_000], targets: named("redis"), inject: keepKilling },
  "rooms-cut-subscribers": { targets: named("redis"), inject: redis.cutClients("pubsub") },
  "rooms-cut-publishers": { targets: named("redis"), inject: redis.cutClients("normal") },
  "rooms-flap": { lasts: [3_000, 5_000], targets: named("redis"), inject: redis.flap },
  "rooms-flush": { targets: named("redis"), inject: redis.flush },
  "queue-kill": { targets: named("redis-queue"), inject: kill },
  "queue-freeze": { lasts: [3_000, 10_000], targets: named("redis-queue"), inject: freeze },
  "queue-flush": { targets: named("redis-queue"), inject: redis.flush },
  "postgres-stop": { targets: named("postgres"), inject: postgres.stopImmediately },
  "postgres-backend-kill": { targets: named("postgres"), inject: postgres.killBackend },
  "postgres-freeze": { lasts: [3_000, 12_000], targets: named("postgres"), inject: postgres.freezeAll },
  "network-delay": { lasts: [3_000, 8_000], targets: named("proxy"), inject: delay },
  "network-cut": { targets: named("proxy"), inject: cut },
  "network-black-hole": { lasts: [3_000, 12_000], targets: named("proxy"), inject: blackHole },
};

async function delay({ proxy, sleep }: Arena, _target: string, ms: number): Promise<string[]> {
  const before = proxy.touchedBytes();
  proxy.delay(700);
  await sleep(ms);
  proxy.delay(0);
  const bytes = proxy.touchedBytes() - before;
  return bytes > 0 ? [`${bytes} bytes came 700 ms late`] : [];
}

async function cut({ proxy }: Arena): Promise<string[]> {
  const count = proxy.cut();
  return count > 0 ? [`${count} connections were reset`] : [];
}

async function blackHole({ proxy, sleep }: Arena, _target: string, ms: number): Promise<string[]> {
  const before = proxy.touchedBytes();
  proxy.blackHole(true);
  await sleep(ms);
  proxy.blackHole(false);
  const bytes = proxy.touchedBytes() - before;
  return bytes > 0 ? [`${bytes} bytes were swallowed on ${proxy.connections()} connections`] : [];
}

export interface PlannedFault {
  kind: string;
  /** In [0, 1): which of the targets. */
  draw: number;
  ms: number;
}

/** Without end; every kind comes once before any comes again. */
export function* planFaults(kinds: string[], random: Random): Generator<PlannedFault, void> {
  while (kinds.length > 0) {
    for (const kind of random.shuffled(kinds)) {
      const [low, high] = faultKinds[kind]!.lasts ?? [0, 0];
      yield { kind, draw: random.next(), ms: Math.round(random.between(low, high)) };
    }
  }
}
