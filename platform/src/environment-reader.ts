import { readFileSync } from "node:fs";

/** Reads variables of an environment and collects what is wrong with them: see env.ts. */
export type Source = Record<string, string | undefined>;

export class EnvironmentError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "EnvironmentError";
    this.problems = problems;
  }
}

/** Secrets that are fine on a laptop and refused in production. */
const developmentDefaults = {
  JWT_SECRET: "development-jwt-secret-0123456789abcdef",
  INTERNAL_SECRET: "development-internal-secret",
  SERVER_KEY: "dev-server-key",
} as const;
/** In characters, in production. */
export const shortestSecret = 32;

export function read<Config>(source: Source, build: (env: Reader) => Config): Config {
  const env = new Reader(source);
  const config = build(env);
  if (env.problems.length > 0) throw new EnvironmentError([...new Set(env.problems)]);
  return config;
}

export class Reader {
  readonly problems: string[] = [];
  readonly production: boolean;
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
    this.production = source.NODE_ENV === "production";
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  /**
   * An empty variable counts as absent: compose files pass `VAR=` for what is not set. `VAR_FILE` names a file that
   * holds the value instead, as orchestrators hand out secrets: environments show up in listings and crash reports.
   */
  optional(name: string): string | null {
    const value = this.source[name]?.trim() || null;
    const file = this.source[`${name}_FILE`]?.trim() || null;
    if (value !== null && file !== null) this.problem(`${name} and ${name}_FILE exclude each other`);
    return value ?? (file === null ? null : this.contents(`${name}_FILE`, file));
  }

  private contents(name: string, file: string): string | null {
    try {
      return readFileSync(file, "utf8").trim() || null;
    } catch (error) {
      this.problem(`${name}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
      return null;
    }
  }

  text(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  /** Node names prefix engine session ids, so they hold no dot. */
  name(name: string, fallback: string): string {
    const value = this.text(name, fallback);
    if (!/^[A-Za-z0-9_-]{1,63}$/.test(value)) this.problem(`${name} must be 1-63 of A-Z a-z 0-9 _ -`);
    return value;
  }

  number(name: string, fallback: number): number {
    const value = this.optional(name);
    if (value === null) return fallback;
    if (/^\d{1,9}$/.test(value)) return Number(value);
    this.problem(`${name} must be a whole number from 0, not "${value}"`);
    return fallback;
  }

  flag(name: string, fallback: boolean, developmentOnly?: string): boolean {
    const value = this.optional(name);
    if (value === null) return fallback;
    if (value !== "0" && value !== "1") this.problem(`${name} must be 0 or 1, not "${value}"`);
    if (value === "1" && developmentOnly && this.production) this.problem(`${name}: ${developmentOnly}`);
    return value === "1";
  }

  oneOf(name: string, choices: string[], fallback: string): string {
    const value = this.text(name, fallback);
    if (!choices.includes(value))
      this.problem(`${name} must be one of ${choices.join(", ")}, not "${value}"`);
    return value;
  }

  list(name: string): string[] {
    return (this.optional(name) ?? "")
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
  }

  /** A URL's value may hold a password: problems name the variable, never the value. */
  url(name: string, developmentFallback: string): string {
    const value = this.optional(name);
    if (value === null) {
      if (this.production) this.problem(`${name} is required in production`);
      return developmentFallback;
    }
    if (!URL.canParse(value)) this.problem(`${name} is not a URL`);
    return value;
  }

  urls(name: string, developmentFallback: string): string[] {
    const values = this.list(name);
    if (values.length === 0) return [this.url(name, developmentFallback)];
    for (const value of values) if (!URL.canParse(value)) this.problem(`${name} holds what is not a URL`);
    return values.map((value) => value.replace(/\/+$/, ""));
  }

  secret(name: keyof typeof developmentDefaults): string {
    const value = this.optional(name);
    if (!this.production) return value ?? developmentDefaults[name];
    if (value === null) this.problem(`${name} is required in production`);
    else if (value === developmentDefaults[name]) this.problem(`${name} is the development default`);
    else if (value.length < shortestSecret)
      this.problem(`${name} must have at least ${shortestSecret} characters`);
    return value ?? "";
  }
}
