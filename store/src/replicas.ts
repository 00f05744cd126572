import { type Database, isAbsence, type Reader } from "./database.ts";

/**
 * Reads that a replica may answer: pages of history, searches, figures. None shows less than the primary would: a
 * replica is asked only once it has replayed everything that was committed before the question came. So nothing that
 * was acked is missing, nothing that was edited or deleted comes back, and who was removed is removed (docs/decisions/0038).
 * One that has not got there in time, or is gone, is left alone, and the primary answers.
 */
export interface Replicas {
  /** Only for what writes nothing. */
  reader: Reader;
  /** What the last look at each found. */
  states: () => ReplicaState[];
  start: () => void;
  close: () => Promise<void>;
}

export interface ReplicaState {
  name: string;
  /** How long ago it was last seen to have everything; 0: by the last look. Milliseconds. */
  behindMs: number;
}

/** Who answered: a replica, or the primary because there was none (usable), it was late, or it failed. */
export type ReadOutcome = "replica" | "none" | "late" | "failed";

type Query = Database["query"];

interface Position {
  /** Everything that anybody may have seen is before it in the log. */
  lsn: string;
  /** Which database cluster's log, since which promotion. */
  system: string;
  timeline: number;
}

interface Replica {
  name: string;
  database: Database;
  isUsable: boolean;
  /** By the last look, which a question that was late in between does not change. */
  isWhole: boolean;
  wholeAt: number;
}

const lookMs = 1_000;
/**
 * Until a replica has what it needs, and a connection for it. The whole detour was measured on a busy machine, beside
 * some hundred writes a second: 0.8 ms at the median, 11 ms at p99. More than this would be felt.
 */
const patienceMs = 100;
const firstPauseMs = 1;

export function createReplicas(options: {
  primary: Database;
  replicas: { name: string; database: Database }[];
  onRead: (outcome: ReadOutcome) => void;
  /** A look found it to have everything, or no longer. */
  onChange: (replica: string, isWhole: boolean, error: unknown) => void;
}): Replicas {
  const { primary, onRead } = options;
  const position = nextFlight(() => readPosition(primary.query));
  const replicas = options.replicas.map(
    (replica): Replica => ({ ...replica, isUsable: false, isWhole: false, wholeAt: performance.now() }),
  );
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let isClosed = false;

  async function read<T>(onPrimary: () => Promise<T>, onReplica: (query: Query) => Promise<T>): Promise<T> {
    const usable = replicas.filter(({ isUsable }) => isUsable);
    const replica = usable[turn++ % usable.length];
    // A primary that cannot say where it is will say so itself.
    const wanted = replica && (await position().catch(() => undefined));
    if (!replica || !wanted) {
      if (replicas.length > 0) onRead("none");
      return onPrimary();
    }
    const answer = await attempt(replica.database, wanted, onReplica);
    onRead("value" in answer ? "replica" : answer.missed);
    if ("value" in answer) return answer.value;
    // Until the next look; otherwise everybody would wait for it.
    replica.isUsable = false;
    return onPrimary();
  }

  async function look(): Promise<void> {
    const wanted = await position().catch(() => undefined);
    if (!wanted) return;
    await Promise.all(
      replicas.map(async (replica) => {
        const answer = await attempt(replica.database, wanted, nothing).catch((error: unknown) => ({
          missed: "failed" as const,
          error,
        }));
        note(replica, "value" in answer, "error" in answer ? answer.error : undefined);
      }),
    );
  }

  function note(replica: Replica, isWhole: boolean, error: unknown): void {
    if (replica.isWhole !== isWhole) options.onChange(replica.name, isWhole, error);
    Object.assign(replica, { isWhole, isUsable: isWhole });
    if (isWhole) replica.wholeAt = performance.now();
  }

  function lookAgain(): void {
    looking = look().finally(() => {
      if (!isClosed) timer = setTimeout(lookAgain, lookMs).unref();
    });
  }

  return {
    reader: {
      query: (query) =>
        read(
          () => primary.query(query),
          (ask) => ask(query),
        ),
      transaction: (work) => read(() => primary.transaction(work), work),
    },
    states: () =>
      replicas.map(({ name, isWhole, wholeAt }) => ({
        name,
        behindMs: isWhole ? 0 : performance.now() - wholeAt,
      })),
    start() {
      if (replicas.length > 0) lookAgain();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
      await Promise.all(replicas.map(({ database }) => database.close()));
    },
  };
}

const nothing = async () => undefined;

type Answer<T> = { value: T } | { missed: "late" | "failed"; error?: unknown };

/**
 * On one connection: a replica that starts again in between, and then has less than it had, cannot be the one that
 * answers. Each statement of the transaction sees what was replayed by then.
 * @throws what the primary would throw as well
 */
async function attempt<T>(
  database: Database,
  wanted: Position,
  work: (query: Query) => Promise<T>,
): Promise<Answer<T>> {
  let isLate = false;
  let hasBegun = false;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve({ missed: "late" });
    }, patienceMs);
  });
  const answered = database.transaction(async (query): Promise<Answer<T>> => {
    for (let pauseMs = firstPauseMs; !(await hasReached(query, wanted)); pauseMs *= 2) {
      if (isLate) return { missed: "late" };
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (isLate) return { missed: "late" };
    // From here on it has the time that a statement has anywhere.
    clearTimeout(timer);
    hasBegun = true;
    return { value: await work(query) };
  });
  try {
    return await Promise.race([answered, tooLate]);
  } catch (error) {
    if (hasBegun && !isAbsence(error)) throw error;
    return { missed: "failed", error };
  } finally {
    clearTimeout(timer);
  }
}

async function readPosition(query: Query): Promise<Position> {
  const rows = await query<Position>({
    name: "read-position",
    // What is acked is flushed, unless the server was told not to wait for that.
    text: `SELECT (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
        ELSE pg_current_wal_flush_lsn() END)::text AS lsn, system_identifier::text AS system,
        ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline
      FROM pg_control_system()`,
    values: [],
  });
  return rows[0]!;
}

/**
 * False also of a server that is no replica of this primary: promoted, left behind by a failover, or another one's. Which
 * timeline it is on the receiver knows at once, but tells only who may read statistics; the control file, some minutes
 * after a failover.
 */
async function hasReached(query: Query, { lsn, system, timeline }: Position): Promise<boolean> {
  const rows = await query<{ reached: boolean }>({
    name: "has-reached",
    text: `SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::pg_lsn
        AND system_identifier::text = $2 AND GREATEST(min_recovery_end_timeline, received_tli) = $3 AS reached
      FROM pg_control_system(), pg_control_recovery() LEFT JOIN pg_stat_wal_receiver ON true`,
    values: [lsn, system, timeline],
  });
  return rows[0]!.reached === true;
}

/** Who asks while a question is under way gets the answer of the next one: none began before it was asked for. */
export function nextFlight<T>(ask: () => Promise<T>): () => Promise<T> {
  let landed: Promise<void> | null = null;
  let next: Promise<T> | null = null;
  function begin(): Promise<T> {
    next = null;
    const flight = ask();
    const over = flight.then(ignore, ignore).then(() => {
      if (landed === over) landed = null;
    });
    landed = over;
    return flight;
  }
  return () => {
    if (landed === null) return begin();
    next ??= landed.then(begin);
    return next;
  };
}

const ignore = () => undefined;
