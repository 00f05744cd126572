/** What the launcher says: lines for people, or one JSON object per line. */
import type { LogLine } from "./log-lines.ts";

export interface Output {
  /** Runs a step of the start and reports it with its time when done. */
  step<T>(work: () => Promise<T>, done: (result: T) => string): Promise<T>;
  notice(text: string, event: Event): void;
  problem(text: string): void;
  log(process: string, line: LogLine): void;
}

/** The machine-readable form of a notice. */
export interface Event {
  event: string;
  [field: string]: unknown;
}

export interface OutputOptions {
  json: boolean;
  verbose: boolean;
  color: boolean;
}

type Stream = NodeJS.WriteStream;

const LABEL_WIDTH = 46;

export function createOutput(stream: Stream, options: OutputOptions): Output {
  let open = true;
  // The reader may go away (`npm start | head`, a closed terminal); the cluster goes on.
  stream.on("error", () => {
    open = false;
  });
  const write = (line: string) => {
    if (open) stream.write(`${line}\n`);
  };
  return options.json ? jsonOutput(write, options) : humanOutput(write, options);
}

function humanOutput(write: (line: string) => void, { verbose, color }: OutputOptions): Output {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    async step(work, done) {
      const started = performance.now();
      const result = await work();
      write(
        `${paint(32, "✓")} ${done(result).padEnd(LABEL_WIDTH)} ${paint(2, seconds(performance.now() - started))}`,
      );
      return result;
    },
    notice: (text) => write(text),
    problem: (text) => write(`${paint(31, "✗")} ${text}`),
    log(process, line) {
      if (!isShown(line, verbose)) return;
      const level =
        line.level === "error" ? paint(31, "error") : line.level === "warn" ? paint(33, "warn ") : line.level;
      for (const text of line.text.split("\n")) write(`${paint(36, process.padEnd(11))} │ ${level} ${text}`);
    },
  };
}

function jsonOutput(write: (line: string) => void, { verbose }: OutputOptions): Output {
  const emit = (event: Event) => write(JSON.stringify({ time: new Date().toISOString(), ...event }));
  return {
    async step(work, done) {
      const started = performance.now();
      const result = await work();
      emit({ event: "step", text: done(result), ms: Math.round(performance.now() - started) });
      return result;
    },
    notice: (text, event) => emit({ text, ...event }),
    problem: (text) => emit({ event: "problem", text }),
    log(process, line) {
      if (isShown(line, verbose)) emit({ event: "log", process, ...line });
    },
  };
}

/** Everything is in the log files; here, what asks for attention. */
function isShown({ level }: LogLine, verbose: boolean): boolean {
  return verbose || level === "warn" || level === "error";
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
