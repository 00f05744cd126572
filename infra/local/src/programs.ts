/** How redis-server and haproxy are run here: installed, unpacked from the distribution, or in Docker. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Unpacked, unpackDebian } from "./debian.ts";
import { dockerWorks } from "./docker.ts";
import { findProgram } from "./files.ts";
import { type Environment, searchPath, UsageError } from "./options.ts";
import { run } from "./run.ts";

export interface Program {
  kind: ProgramKind;
  /** Full path of the program; `docker` when it runs in a container. */
  command: string;
  /** What it needs in its environment to run, and nothing else. */
  env: Environment;
  version: string;
  /** The image when it runs in Docker. */
  image: string | null;
}

export type ProgramKind = "redis-server" | "haproxy" | "pgbouncer";

interface Requirement {
  versionFlag: string;
  /** Oldest version that does what we need, and why. */
  atLeast: readonly [number, number];
  because: string;
  /** Null: only installed or unpacked. */
  image: string | null;
}

const REQUIREMENTS: Record<ProgramKind, Requirement> = {
  "redis-server": {
    versionFlag: "--version",
    atLeast: [7, 0],
    because: "the rooms use its sharded pub/sub",
    image: "redis:7",
  },
  haproxy: {
    versionFlag: "-v",
    atLeast: [2, 4],
    because: "the configuration uses its http-error and retry rules",
    image: "haproxy:3.0",
  },
  // For tests: no cluster of `npm start` needs one.
  pgbouncer: {
    versionFlag: "--version",
    atLeast: [1, 11],
    because: "Postgres asks for SCRAM passwords",
    image: null,
  },
};

/** `.local/packages` of this checkout: unpacked packages are shared by all its instances. */
export const PACKAGES_DIR = path.resolve(fileURLToPath(import.meta.url), "../../../../.local/packages");

export async function locateProgram(
  kind: ProgramKind,
  packagesDir: string = PACKAGES_DIR,
  announce: (text: string) => void = () => undefined,
): Promise<Program> {
  const refused: string[] = [];
  const consider = async (command: string | null, env: Environment) => {
    if (command === null) return null;
    const version = await versionOf(kind, command, env);
    if (version !== null && isEnough(kind, version)) return { kind, command, env, version, image: null };
    refused.push(`${command} is ${version ?? "not runnable"}`);
    return null;
  };
  const found =
    (await consider(findProgram(kind, searchPath()), {})) ??
    (await unpacked(() => unpackDebian(kind, packagesDir, announce), refused, consider)) ??
    (await inDocker(kind));
  if (found === null) throw new UsageError(howToInstall(kind, refused));
  return found;
}

async function unpacked(
  unpack: () => Promise<Unpacked | null>,
  refused: string[],
  consider: (command: string | null, env: Environment) => Promise<Program | null>,
): Promise<Program | null> {
  try {
    const place = await unpack();
    return place === null ? null : await consider(place.command, place.env);
  } catch (error) {
    refused.push(error instanceof Error ? error.message : String(error));
    return null;
  }
}

async function inDocker(kind: ProgramKind): Promise<Program | null> {
  const { image } = REQUIREMENTS[kind];
  const docker = findProgram("docker", searchPath());
  if (image === null || docker === null || !(await dockerWorks(docker))) return null;
  return { kind, command: docker, env: {}, version: image.split(":")[1] ?? "", image };
}

async function versionOf(kind: ProgramKind, command: string, env: Environment): Promise<string | null> {
  const { output } = await run(command, [REQUIREMENTS[kind].versionFlag], { env });
  return output.match(/(?:v=|version |PgBouncer )(\d+\.\d+(?:\.\d+)?)/)?.[1] ?? null;
}

function isEnough(kind: ProgramKind, version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = REQUIREMENTS[kind].atLeast;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function howToInstall(kind: ProgramKind, refused: readonly string[]): string {
  const { atLeast, because } = REQUIREMENTS[kind];
  const tried = refused.length === 0 ? "" : `\n(${refused.join("; ")})`;
  return `${kind} ${atLeast.join(".")} or newer is needed (${because}). Run: ${installCommand(kind)}${tried}`;
}

/** Both programs of a cluster at once: who lacks one often lacks the other. */
function installCommand(kind: ProgramKind): string {
  const has = (name: string) => findProgram(name, searchPath()) !== null;
  const packages = (redis: string) => (kind === "pgbouncer" ? kind : `${redis} haproxy`);
  if (process.platform === "darwin") return `brew install ${packages("redis")}`;
  if (has("dnf")) return `sudo dnf install -y ${packages("redis")}`;
  if (has("apk")) return `sudo apk add ${packages("redis")}`;
  return `sudo apt-get install -y ${packages("redis-server")}`;
}
