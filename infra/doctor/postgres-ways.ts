import type { Pooler } from "@parloir/platform/env-database.ts";
import { createDatabase } from "@parloir/store/database.ts";
import { createReplicas } from "@parloir/store/replicas.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** What leads to Postgres besides its own address: a pooler, and replicas that read. */

const applicationName = "parloir-doctor";
const onError = () => undefined;
/** More than sessions that a pooler opens for so few clients, so that some share one. */
const clients = 5;
const questions = 50;
const patienceMs = 3_000;

export const poolerFix =
  "migrate with DATABASE_POOLER set, then RECONNECT the pooler; a pooler that keeps no prepared statements needs DATABASE_POOLER=transaction";

/** @throws when it does not answer as a process needs it */
export async function checkPooler(url: string, pooler: Pooler): Promise<Finding[]> {
  const database = createDatabase({ url, pooler, poolSize: clients, applicationName, onError });
  try {
    const question = { name: "doctor", text: "SELECT $1::int", values: [1] };
    await Promise.all(Array.from({ length: questions }, () => database.query(question)));
    return [ok("pooler", `answers, with the settings that statements need (${pooler})`)];
  } finally {
    await database.close();
  }
}

export async function checkReplicas(url: string, replicaUrls: string[]): Promise<Finding[]> {
  const open = (address: string) => createDatabase({ url: address, poolSize: 1, applicationName, onError });
  const primary = open(url);
  const replicas = createReplicas({
    primary,
    replicas: replicaUrls.map((each) => ({ name: new URL(each).host, database: open(each) })),
    onRead: onError,
    onChange: onError,
  });
  try {
    replicas.start();
    const deadline = performance.now() + patienceMs;
    while (replicas.states().some(({ behindMs }) => behindMs > 0) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 100));
    return replicas.states().map(({ name, behindMs }) => {
      const what = `replica ${name}`;
      if (behindMs === 0) return ok(what, "has everything that the primary has");
      const found = `is gone, behind for ${patienceMs / 1_000} s, or no replica of this primary`;
      return problem(what, found, "the primary reads meanwhile: look at pg_stat_replication there");
    });
  } finally {
    await replicas.close();
    await primary.close();
  }
}
