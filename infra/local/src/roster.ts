/** Every process of the cluster, under supervision: its logs, its restarts, its line in cluster.json, its end. */
import type { Exit, ProcessSpec, Role } from "./child.ts";
import { type ClusterProcess, createClusterFile } from "./cluster-file.ts";
import type { Instance } from "./instance.ts";
import { LogFile, readLogLine } from "./log-lines.ts";
import { type Output, seconds } from "./output.ts";
import { Supervised } from "./supervised.ts";

const READY_WITHIN_MS = 60_000;
const LIST_ORDER: readonly Role[] = ["balancer", "gateway", "api", "worker", "postgres", "redis"];
/** Gateways first, while everything they need for a farewell still runs; the data last. */
const STOP_ORDER: readonly Role[] = ["gateway", "api", "worker", "balancer", "redis", "postgres"];

type Addresses = Pick<ClusterProcess, "url" | "metricsUrl">;
type Listed = Omit<ClusterProcess, "pid"> & { supervised: Supervised | null };

export class Roster {
  readonly #instance: Instance;
  readonly #output: Output;
  readonly #file;
  readonly #listed: Listed[] = [];
  readonly #logs: LogFile[] = [];
  readonly #forced = new Set<string>();
  #published = false;
  #stopping = false;
  #stopped: Promise<string[]> | null = null;

  constructor(instance: Instance, output: Output, url: string) {
    this.#instance = instance;
    this.#output = output;
    this.#file = createClusterFile(instance.clusterFile, () => ({ url, processes: this.#processes() }));
  }

  /** A server of somebody else's: shown, not run. */
  addGiven(process: Omit<ClusterProcess, "pid">): void {
    this.#listed.push({ ...process, supervised: null });
  }

  /** Starts a process, waits until it serves, and keeps it running from then on. */
  async run(spec: ProcessSpec, addresses: Addresses): Promise<void> {
    if (this.#stopping) throw new Error("The cluster is being stopped");
    const log = new LogFile(this.#instance.logsDir, spec.name);
    this.#logs.push(log);
    const supervised = new Supervised(spec, this.#instance.runDir, {
      onLine: (line, stream) => {
        log.write(line);
        if (!this.#stopping) this.#output.log(spec.name, readLogLine(line, spec.role, stream));
      },
      onSpawn: () => void this.#update(),
      onExit: (exit, delay) => this.#reportExit(spec.name, exit, delay),
      onBack: (pid, ms) =>
        this.#output.notice(`${spec.name} is back (pid ${pid})  ${seconds(ms)}`, {
          event: "back",
          process: spec.name,
          pid,
          ms,
        }),
    });
    this.#listed.push({ name: spec.name, role: spec.role, ...addresses, supervised });
    await supervised.start(READY_WITHIN_MS);
  }

  /** From now on cluster.json exists and follows every change. */
  publish(): Promise<void> {
    this.#published = true;
    return this.#file.update();
  }

  /** Ends all, role by role. Answers with the names of those that had to be killed. */
  stop(): Promise<string[]> {
    this.#stopping = true;
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  /** Ends all at once, without a farewell. */
  kill(): void {
    this.#stopping = true;
    for (const { name, supervised } of this.#listed) if (supervised?.kill()) this.#forced.add(name);
  }

  async #stopInOrder(): Promise<string[]> {
    await this.#file.remove();
    for (const role of STOP_ORDER) {
      const ofRole = this.#listed.filter((listed) => listed.role === role);
      await Promise.all(
        ofRole.map(async ({ name, supervised }) => {
          if ((await supervised?.stop()) === false) this.#forced.add(name);
        }),
      );
    }
    await Promise.all(this.#logs.map((log) => log.close()));
    return [...this.#forced];
  }

  async #update(): Promise<void> {
    if (!this.#published || this.#stopping) return;
    await this.#file.update().catch((error: Error) => this.#output.problem(`cluster.json: ${error.message}`));
  }

  #reportExit(name: string, exit: Exit, delay: number): void {
    const how = exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`;
    const when = delay === 0 ? "now" : `in ${seconds(delay)}`;
    const event = { event: "exit", process: name, ...exit, restartInMs: delay };
    this.#output.notice(
      `${name} ${how}, restarting ${when} (log: ${this.#instance.logsDir}/${name}.log)`,
      event,
    );
  }

  #processes(): ClusterProcess[] {
    return LIST_ORDER.flatMap((role) => this.#listed.filter((listed) => listed.role === role)).map(
      ({ name, role, url, metricsUrl, supervised }) => ({
        name,
        role,
        pid: supervised?.pid ?? null,
        url,
        metricsUrl,
      }),
    );
  }
}
