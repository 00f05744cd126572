import pg from "pg";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../check/checker.ts";
import { type Patience, prove } from "../prove.ts";
import { plants } from "./plants.ts";

/**
 * Every planted bug turns the checker red, by the rule it breaks. Bugs that break different rules share a run; the
 * same load without any plant is green (prove.test.ts).
 */
interface PlantedRun {
  plants: string[];
  /** Kind and milliseconds. */
  faults: [string, number][];
  /** At least: the faults are done to their end. */
  seconds: number;
  /** Every other publish is lost. */
  lossy?: boolean;
  patience?: Partial<Patience>;
  /** Of an acked message being changed afterwards, when not the usual. */
  changeChance?: number;
}

const soon: Partial<Patience> = { gap: [500, 500], stable: 2_500, quiet: 2_000, comeback: 0, settled: 3_000 };
/** What only the comparing of heads finds, it finds within 15 s. */
const untilHeadsAreCompared: Partial<Patience> = { quiet: 18_000 };

const honestRun: PlantedRun = {
  plants: [],
  faults: [],
  seconds: 6,
  lossy: true,
  patience: { ...untilHeadsAreCompared, comeback: 20_000, settled: 60_000 },
};

const plantedRuns: PlantedRun[] = [
  { plants: ["no-gap-repair"], faults: [], seconds: 6, lossy: true, patience: untilHeadsAreCompared },
  {
    plants: ["no-tip-check"],
    faults: [],
    seconds: 6,
    lossy: true,
    patience: untilHeadsAreCompared,
    // Each change tells of heads, and comes behind a message that was lost: the last one would not stay lost.
    changeChance: 0,
  },
  {
    plants: ["repeats-pass", "retry-with-new-id", "ring-off-by-one"],
    faults: [
      ["rooms-freeze", 2_500],
      ["gateway-kill", 0],
      ["postgres-backend-kill", 0],
      ["gateway-kill", 0],
    ],
    seconds: 7,
  },
  { plants: ["early-pass", "sync-of-news-only"], faults: [], seconds: 6, lossy: true },
  {
    plants: ["ack-before-commit"],
    faults: [
      ["api-kill", 0],
      ["api-kill", 0],
    ],
    seconds: 4,
  },
  {
    plants: [
      "anyone-writes",
      "anyone-reads",
      "marks-fall",
      "notified-twice",
      "push-with-new-id",
      "batch-reversed",
      "anyone-edits",
    ],
    faults: [],
    seconds: 8,
  },
  {
    plants: [
      "published-to-all",
      "outbox-without-job",
      "own-mark-stays",
      "repeat-gets-head",
      "edit-forgotten",
    ],
    faults: [],
    seconds: 6,
  },
  {
    plants: ["no-unique-index", "seq-with-gaps", "changes-with-gaps", "ledger-beside-the-line"],
    faults: [],
    seconds: 5,
  },
];

const twoAtOnce = createTurns(2);
const underWay = new Map<PlantedRun, Promise<Verdict[]>>();

function verdictsOf(run: PlantedRun): Promise<Verdict[]> {
  let verdicts = underWay.get(run);
  if (!verdicts) {
    verdicts = twoAtOnce(() => proveWithPlants(run));
    underWay.set(run, verdicts);
  }
  return verdicts;
}

async function proveWithPlants(run: PlantedRun): Promise<Verdict[]> {
  const proof = await prove(
    {
      seconds: run.seconds,
      seed: 1,
      rate: 60,
      clients: 24,
      comers: 0,
      gateways: 2,
      apis: 1,
      workers: 1,
      faults: [],
      report: null,
    },
    {
      say: () => undefined,
      patience: { ...soon, ...run.patience },
      changeChance: run.changeChance,
      atLeastMessages: 350,
      plan: run.faults.map(([kind, ms]) => ({ kind, ms, draw: 0 })),
      env: {
        NODE_OPTIONS: `--import=${new URL("hook.ts", import.meta.url).href}`,
        PARLOIR_PLANTS: run.plants.join(","),
        PARLOIR_LOSSY_PUBLISHING: run.lossy ? "yes" : "",
      },
      async prepare(cluster) {
        for (const name of run.plants) await execute(cluster.find("postgres").url!, plants[name]!.sql);
      },
    },
  );
  return proof.broken;
}

async function execute(databaseUrl: string, sql: string | undefined): Promise<void> {
  if (sql === undefined) return;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

describe("the checker sees", () => {
  const cases = plantedRuns.flatMap((run) => run.plants.map((name) => ({ name, run })));
  test.concurrent.each(cases)("$name", { timeout: 240_000 }, async ({ name, run }) => {
    const { breaks, saying } = plants[name]!;
    const broken = await verdictsOf(run);
    const verdict = broken.find(({ rule }) => rule === breaks);
    expect(verdict, `broken instead: ${JSON.stringify(broken, null, 2)}`).toBeDefined();
    if (saying) expect(verdict!.examples.join("\n")).toMatch(saying);
  });

  test.concurrent("nothing where only publishes are lost", { timeout: 240_000 }, async () => {
    expect(await verdictsOf(honestRun)).toEqual([]);
  });

  test("every plant is planted", () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(plants).sort());
  });
});

function createTurns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
