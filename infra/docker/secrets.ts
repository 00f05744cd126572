/**
 * `node infra/docker/secrets.ts DIR` writes the secrets of a cluster into a folder: each a file of its own, made at
 * random where it is missing and never changed where it is there. Run by the compose file before anything else, so
 * that no installation starts with a password that somebody else knows.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** What each process gets as `<NAME>_FILE`; the passwords are those inside the addresses. */
export const secretNames = [
  "jwt-secret",
  "internal-secret",
  "server-key",
  "postgres-password",
  "rooms-password",
  "queue-password",
  "grafana-password",
  "queue-board-password",
  "s3-secret-key",
  "database-url",
  "redis-url",
  "queue-redis-url",
  "rooms.conf",
  "queue.conf",
] as const;

const independent = [
  "jwt-secret",
  "internal-secret",
  "server-key",
  "grafana-password",
  "queue-board-password",
  "s3-secret-key",
] as const;

/** @returns the names of the files that were written */
export function writeSecrets(dir: string): string[] {
  mkdirSync(dir, { recursive: true });
  const written: string[] = [];
  const file = (name: (typeof secretNames)[number], make: () => string): string => {
    const target = path.join(dir, name);
    if (!existsSync(target)) {
      // Readable by the accounts of Postgres and Redis too, which have other numbers; the volume is theirs alone.
      writeFileSync(target, make(), { mode: 0o444, flag: "wx" });
      written.push(name);
    }
    return readFileSync(target, "utf8");
  };
  const random = () => randomBytes(32).toString("base64url");
  for (const name of independent) file(name, random);
  const postgres = file("postgres-password", random);
  const rooms = file("rooms-password", random);
  const queue = file("queue-password", random);
  file("database-url", () => `postgresql://parloir:${postgres}@postgres:5432/parloir`);
  file("redis-url", () => `redis://:${rooms}@rooms:6379`);
  file("queue-redis-url", () => `redis://:${queue}@queue:6379`);
  // As a file and not as an argument: arguments are for everybody to read.
  file("rooms.conf", () => `requirepass ${rooms}\nsave ""\nappendonly no\n`);
  file("queue.conf", () => `requirepass ${queue}\nappendonly yes\nmaxmemory-policy noeviction\n`);
  return written;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const dir = process.argv[2];
  if (dir === undefined) {
    process.stderr.write("usage: node infra/docker/secrets.ts DIR\n");
    process.exit(2);
  }
  const written = writeSecrets(dir);
  process.stdout.write(written.length === 0 ? "all secrets are there\n" : `made: ${written.join(", ")}\n`);
}
