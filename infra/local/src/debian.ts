/**
 * A program from the distribution's packages, unpacked into a folder of ours: no root, nothing installed.
 * Debian and Ubuntu only; elsewhere this answers null.
 */
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { exists, findProgram } from "./files.ts";
import { waitForLock } from "./lock.ts";
import { type Environment, searchPath } from "./options.ts";
import { run, runOrThrow } from "./run.ts";

export interface Unpacked {
  command: string;
  env: Environment;
}

export async function unpackDebian(
  program: string,
  packagesDir: string,
  announce: (text: string) => void,
): Promise<Unpacked | null> {
  const [apt, dpkg] = ["apt-get", "dpkg-deb"].map((name) => findProgram(name, searchPath()));
  if (!apt || !dpkg || !findProgram("apt-cache", searchPath())) return null;
  const target = path.join(packagesDir, program);
  await mkdir(packagesDir, { recursive: true });
  // One at a time, in this process and across launchers: apt-get refuses to share its folder of lists.
  const release = await waitForLock(path.join(packagesDir, "lock"));
  try {
    if (!(await exists(target))) {
      announce(`${program} is not installed: unpacking the distribution's package into ${packagesDir}`);
      await unpackAside(target, program, { apt, dpkg, state: path.join(packagesDir, "apt") });
    }
  } finally {
    release();
  }
  return locate(program, path.join(target, "root"));
}

interface Tools {
  apt: string;
  dpkg: string;
  state: string;
}

/** Aside, and renamed when complete: a download that was cut off is never taken for the program. */
async function unpackAside(target: string, program: string, tools: Tools): Promise<void> {
  const aside = await mkdtemp(`${target}.`);
  try {
    await unpackInto(aside, program, tools);
    await rename(aside, target);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function unpackInto(folder: string, program: string, tools: Tools): Promise<void> {
  const archives = path.join(folder, "archives");
  const root = path.join(folder, "root");
  await mkdir(archives);
  await mkdir(root);
  const env = { PATH: searchPath().join(":"), LC_ALL: "C" };
  let options: string[] = [];
  if ((await neededPackages(program, options, env)).length === 0) {
    // No package lists (usual in a container): fetch them into a folder of ours, since /var/lib/apt is root's.
    options = privateLists(tools.state);
    await mkdir(path.join(tools.state, "lists", "partial"), { recursive: true });
    await mkdir(path.join(tools.state, "cache", "archives", "partial"), { recursive: true });
    await runOrThrow("apt-get update", tools.apt, [...options, "update"], { env });
  }
  const packages = await neededPackages(program, options, env);
  if (packages.length === 0) throw new Error(`no package ${program} in this distribution`);
  const download = [...options, "-o", "APT::Sandbox::User=root", "download", ...packages];
  await runOrThrow(`downloading ${packages.join(", ")}`, tools.apt, download, { cwd: archives, env });
  for (const name of await readdir(archives)) {
    await runOrThrow(`unpacking ${name}`, tools.dpkg, ["-x", path.join(archives, name), root], { env });
  }
  await rm(archives, { recursive: true });
}

function privateLists(state: string): string[] {
  const settings = [
    `Dir::State::Lists=${state}/lists`,
    `Dir::Cache=${state}/cache`,
    "Dir::State::status=/var/lib/dpkg/status",
    "APT::Sandbox::User=root",
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}

/** The package and those libraries it needs that are not installed. Empty when apt does not know it. */
async function neededPackages(
  program: string,
  options: readonly string[],
  env: Environment,
): Promise<string[]> {
  const closure = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (kind) => `--no-${kind}`,
  );
  const { code, output } = await run("apt-cache", [...options, "depends", "--recurse", ...closure, program], {
    env,
  });
  if (code !== 0) return [];
  const names = new Set(output.split("\n").filter((line) => /^[a-z0-9]/.test(line)));
  // Of redis-server the program itself lies in redis-tools.
  const wanted = [...names].filter((name) => /^(lib|lua-|redis-tools)/.test(name));
  const missing = [];
  for (const name of wanted) if (!(await isInstalled(name, env))) missing.push(name);
  return names.has(program) ? [program, ...missing] : [];
}

async function isInstalled(name: string, env: Environment): Promise<boolean> {
  if (name === "redis-tools") return false;
  const { output } = await run("dpkg-query", ["-W", "-f", "$" + "{db:Status-Status} ", name], { env });
  return output.split(" ").includes("installed");
}

async function locate(program: string, root: string): Promise<Unpacked | null> {
  const command = findProgram(program, [path.join(root, "usr/sbin"), path.join(root, "usr/bin")]);
  if (command === null) return null;
  const folders = [];
  for (const lib of ["usr/lib", "lib"]) folders.push(...(await libraryFolders(path.join(root, lib))));
  return { command, env: { LD_LIBRARY_PATH: folders.join(":") } };
}

/** `usr/lib` and the folder of the architecture below it, such as `usr/lib/x86_64-linux-gnu`. */
async function libraryFolders(lib: string): Promise<string[]> {
  if (!(await exists(lib))) return [];
  const below = await readdir(lib, { withFileTypes: true });
  return [
    lib,
    ...below.filter((e) => e.isDirectory() && e.name.includes("linux")).map((e) => path.join(lib, e.name)),
  ];
}
