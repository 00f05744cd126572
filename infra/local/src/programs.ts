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

export type ProgramKind = "redis-server" | "haproxy";

interface Requirement {
  versionFlag: string;
  /** Oldest version that does what we need, and why. */
  atLeast: readonly [number, number];
  because: string;
  image: string;
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
  const docker = findProgram("docker", searchPath());
  if (docker === null || !(await dockerWorks(docker))) return null;
  const { image } = REQUIREMENTS[kind];
  return { kind, command: docker, env: {}, version: image.split(":")[1] ?? "", image };
}

async function versionOf(kind: ProgramKind, command: string, env: Environment): Promise<string | null> {
  const { output } = await run(command, [REQUIREMENTS[kind].versionFlag], { env });
  return output.match(/(?:v=|version )(\d+\.\d+(?:\.\d+)?)/)?.[1] ?? null;
}

function isEnough(kind: ProgramKind, version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = REQUIREMENTS[kind].atLeast;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function howToInstall(kind: ProgramKind, refused: readonly string[]): string {
  const { atLeast, because } = REQUIREMENTS[kind];
  const tried = refused.length === 0 ? "" : `\n(${refused.join("; ")})`;
  return `${kind} ${atLeast.join(".")} or newer is needed (${because}). Run: ${installCommand()}${tried}`;
}

/** Both programs at once: who lacks one often lacks the other. */
function installCommand(): string {
  const has = (name: string) => findProgram(name, searchPath()) !== null;
  if (process.platform === "darwin") return "brew install redis haproxy";
  if (has("dnf")) return "sudo dnf install -y redis haproxy";
  if (has("apk")) return "sudo apk add redis haproxy";
  return "sudo apt-get install -y redis-server haproxy";
}
