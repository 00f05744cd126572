/** Keeps one process alive: whatever ends it, it comes back on the same ports. */
import {
  type Child,
  type Exit,
  type LineSink,
  type ProcessSpec,
  spawnChild,
  stopChild,
  waitUntilReady,
} from "./child.ts";

export interface SupervisionEvents {
  onLine: LineSink;
  onSpawn(pid: number): void;
  onExit(exit: Exit, restartInMs: number): void;
  /** It serves again after a restart. */
  onBack(pid: number, ms: number): void;
}

// The first restart is immediate, so a single crash costs only the start-up time; a process that keeps
// dying must not eat the machine, yet is tried often enough to be back within 10 s of its cause going away.
const BACKOFF_MS = [0, 500, 1_000, 2_000, 4_000, 5_000];
const STABLE_AFTER_MS = 30_000;
const FAILURES_BEFORE_GIVING_UP_FIRST_START = 4;

export function backoffMs(failures: number): number {
  return BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0;
}

export class Supervised {
  readonly spec: ProcessSpec;
  readonly #runDir: string;
  readonly #events: SupervisionEvents;
  #child: Child | null = null;
  #shownPid: number | null = null;
  #failures = 0;
  #spawnedAt = 0;
  #hasServed = false;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #spawning: Promise<void> = Promise.resolve();
  #gaveUp: (error: Error) => void = () => undefined;

  constructor(spec: ProcessSpec, runDir: string, events: SupervisionEvents) {
    this.spec = spec;
    this.#runDir = runDir;
    this.#events = events;
  }

  /** The newest pid; between a death and the replacement still the old one. */
  get pid(): number | null {
    return this.#shownPid;
  }

  /** Starts and waits until it serves. Rejects when it keeps dying or takes longer than `ms`. */
  async start(ms: number): Promise<void> {
    const gaveUp = new Promise<never>((_, reject) => {
      this.#gaveUp = reject;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.spec.name} is not ready after ${ms / 1000} s`)), ms);
    });
    const served = new Promise<void>((resolve) => {
      this.#spawning = this.#spawn(resolve);
    });
    try {
      await Promise.race([served, gaveUp, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it for good; true when it went by itself, without SIGKILL. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#gaveUp(new Error(`${this.spec.name} was stopped`));
    await this.#spawning;
    if (this.#child === null) return true;
    const byItself = await stopChild(this.#child, this.spec.stop);
    await this.spec.cleanUp?.();
    return byItself;
  }

  /** Ends it at once, without a farewell; false when it had ended already. */
  kill(): boolean {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const runs = this.#child !== null && !this.#child.hasExited();
    this.#child?.kill("SIGKILL");
    return runs;
  }

  async #spawn(onFirstReady: () => void): Promise<void> {
    try {
      await this.spec.cleanUp?.();
      if (this.#stopping) return;
      this.#spawnedAt = Date.now();
      const child = await spawnChild(this.spec, this.#runDir, this.#events.onLine);
      this.#child = child;
      this.#shownPid = child.pid;
      void child.exited.then((exit) => this.#onExit(exit, onFirstReady));
      this.#events.onSpawn(child.pid);
      void this.#announce(child, onFirstReady);
    } catch (error) {
      this.#events.onLine(error instanceof Error ? error.message : String(error), "stderr");
      this.#onExit({ code: null, signal: null }, onFirstReady);
    }
  }

  async #announce(child: Child, onFirstReady: () => void): Promise<void> {
    const shown = await this.spec.shownPid?.(child.pid);
    if (shown !== undefined) {
      this.#shownPid = shown;
      this.#events.onSpawn(shown);
    }
    const ready = await waitUntilReady(this.spec, child, Number.POSITIVE_INFINITY);
    if (!ready || this.#stopping) return;
    if (this.#hasServed) this.#events.onBack(this.#shownPid ?? child.pid, Date.now() - this.#spawnedAt);
    this.#hasServed = true;
    onFirstReady();
  }

  #onExit(exit: Exit, onFirstReady: () => void): void {
    if (this.#stopping) return;
    if (Date.now() - this.#spawnedAt > STABLE_AFTER_MS) this.#failures = 0;
    const delay = backoffMs(this.#failures);
    this.#failures += 1;
    this.#events.onExit(exit, delay);
    if (!this.#hasServed && this.#failures >= FAILURES_BEFORE_GIVING_UP_FIRST_START) {
      this.#gaveUp(new Error(`${this.spec.name} ended ${this.#failures} times while starting`));
      return;
    }
    this.#timer = setTimeout(() => {
      this.#spawning = this.#spawn(onFirstReady);
    }, delay);
  }
}
