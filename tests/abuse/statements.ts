import pg from "pg";

/**
 * Which statements this process's apis execute, by name. What takes the same statements takes the same time, roughly,
 * and unlike times it is the same on every machine.
 */
export interface Statements {
  /** Those that every one of the runs executed, sorted; what comes by itself now and then is in none or in some. */
  ofAll: (runs: string[][]) => string[];
  /** @returns what was executed until `act` was answered */
  during: (act: () => Promise<unknown>) => Promise<string[]>;
  stop: () => void;
}

/** By themselves, on timers; and whoever calls is looked up anew every few seconds. */
const automatic = new Set([
  "revocations-since",
  "removals-since",
  "read-epoch",
  "read-heads",
  "read-channel-heads",
  "roles-of-people",
  "known-people-by-id",
  "create-people",
]);

type Run = (...args: unknown[]) => unknown;

export function watchStatements(): Statements {
  const prototype = pg.Client.prototype as unknown as { query: Run };
  const query = prototype.query;
  const executed: string[] = [];
  prototype.query = function (this: unknown, ...args) {
    const [statement] = args as [string | { name?: string; text?: string }];
    const name = typeof statement === "string" ? statement : (statement.name ?? statement.text ?? "");
    if (!automatic.has(name)) executed.push(name);
    return query.apply(this, args);
  };
  return {
    async during(act) {
      const from = executed.length;
      await act();
      return executed.slice(from);
    },
    ofAll([first = [], ...others]) {
      const left = others.map((run) => [...run]);
      const takeFrom = (run: string[], name: string) => {
        const at = run.indexOf(name);
        if (at !== -1) run.splice(at, 1);
        return at !== -1;
      };
      return first.filter((name) => left.map((run) => takeFrom(run, name)).every(Boolean)).sort();
    },
    stop() {
      prototype.query = query;
    },
  };
}
