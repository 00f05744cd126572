/** What the processes print: kept whole in a file each, shown briefly on the terminal. */
import { createWriteStream, renameSync, type WriteStream } from "node:fs";
import path from "node:path";
import type { Role } from "./child.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface LogLine {
  level: Level;
  /** One line for people. */
  text: string;
}

const ROTATE_AT_BYTES = 20_000_000;
/** Fields every line of ours carries; on a terminal they say nothing. */
const USUAL = new Set([
  "level",
  "time",
  "msg",
  "pid",
  "hostname",
  "name",
  "node",
  "process",
  "service",
  "err",
]);

/** Reads a pino line; of other programs' lines only the severity. */
export function readLogLine(line: string, role: Role, stream: "stdout" | "stderr"): LogLine {
  const record = parse(line);
  if (record !== null) return { level: pinoLevel(record.level), text: describe(record) };
  return { level: plainLevel(line, role, stream), text: line };
}

/** `<logs>/<name>.log`, begun afresh at start; at 20 MB it becomes `<name>.log.1`. */
export class LogFile {
  readonly #file: string;
  #stream: WriteStream;
  #bytes = 0;

  constructor(folder: string, name: string) {
    this.#file = path.join(folder, `${name}.log`);
    this.#stream = open(this.#file);
  }

  write(line: string): void {
    if (this.#bytes > ROTATE_AT_BYTES) this.#rotate();
    this.#bytes += line.length + 1;
    this.#stream.write(`${line}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  #rotate(): void {
    this.#stream.end();
    renameSync(this.#file, `${this.#file}.1`);
    this.#stream = open(this.#file);
    this.#bytes = 0;
  }
}

function open(file: string): WriteStream {
  const stream = createWriteStream(file, { flags: "w", mode: 0o600 });
  stream.on("error", () => undefined); // a full disk must not end the cluster's supervision
  return stream;
}

function describe(record: Record<string, unknown>): string {
  const fields = Object.entries(record)
    .filter(([key, value]) => !USUAL.has(key) && typeof value !== "object")
    .slice(0, 8)
    .map(([key, value]) => `${key}=${String(value)}`);
  const error = record.err as { type?: string; message?: string; stack?: string } | undefined;
  const cause =
    error === undefined ? [] : [error.stack ?? `${error.type ?? "Error"}: ${error.message ?? ""}`];
  return [clock(record.time), String(record.msg ?? ""), ...fields, ...cause].filter(Boolean).join(" ");
}

function clock(time: unknown): string {
  const date = new Date(typeof time === "number" || typeof time === "string" ? time : Number.NaN);
  return Number.isNaN(date.getTime()) ? "" : date.toTimeString().slice(0, 8);
}

function pinoLevel(level: unknown): Level {
  if (typeof level === "string")
    return level === "fatal" ? "error" : level === "trace" ? "debug" : asLevel(level);
  const value = Number(level);
  return value >= 50 ? "error" : value >= 40 ? "warn" : value >= 30 ? "info" : "debug";
}

function asLevel(text: string): Level {
  return text === "error" || text === "warn" || text === "debug" ? text : "info";
}

function plainLevel(line: string, role: Role, stream: "stdout" | "stderr"): Level {
  switch (role) {
    case "postgres":
      // A statement's ERROR is reported by the process that sent it; FATAL only says a session was refused.
      return /\bPANIC: /.test(line) ? "error" : "info";
    case "redis":
      return /# .*(fatal|can't|could not|misconf)/i.test(line) ? "warn" : "info";
    case "balancer":
      if (/ is UP,/.test(line)) return "info"; // HAProxy warns of good news too
      return /^\[ALERT\]/.test(line) ? "error" : /^\[WARNING\]/.test(line) ? "warn" : "info";
    default:
      return stream === "stderr" ? "warn" : "info";
  }
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
