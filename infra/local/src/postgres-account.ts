/** Postgres refuses to run as root. Here: as whom it runs then, and where that account can reach its files. */
import { createHash } from "node:crypto";
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import path from "node:path";
import { exists, findProgram, passableFolder } from "./files.ts";
import { searchPath, UsageError } from "./options.ts";
import { run } from "./run.ts";

/** Null: as ourselves. */
export type Account = { uid: number; gid: number } | null;

const OUTSIDE = "/var/lib";

export async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return null;
  const found = await accountNamed("postgres");
  if (found !== null) return found;
  const useradd = findProgram("useradd", searchPath());
  const adduser = findProgram("adduser", searchPath());
  if (useradd !== null)
    await run(useradd, ["--system", "--user-group", "--shell", "/usr/sbin/nologin", "postgres"]);
  else if (adduser !== null) await run(adduser, ["-S", "-D", "-H", "postgres"]);
  const made = (await accountNamed("postgres")) ?? (await accountNamed("nobody"));
  if (made === null)
    throw new UsageError("Postgres will not run as root and no system user could be made for it");
  return made;
}

/**
 * The folder for password and data, owned by the account. Below `dir` when the account can pass there;
 * else (a checkout under /root) in a stable place outside, with a link to it where it would have been.
 */
export async function postgresHome(dir: string, account: Account): Promise<string> {
  const inside = path.join(dir, "postgres");
  if (account === null) return passableFolder(inside);
  if (await canEnter(path.dirname(dir), account)) await chmod(dir, (await stat(dir)).mode | 0o011);
  const reachable = await canEnter(dir, account);
  const home = reachable ? inside : await outside(dir);
  const inTheWay = await lstat(inside).catch(() => null);
  if (inTheWay?.isSymbolicLink()) await rm(inside); // the checkout was moved
  await mkdir(home, { recursive: true, mode: 0o700 });
  await chown(home, account.uid, account.gid);
  if (!reachable) await symlink(home, inside);
  return realpath(home);
}

/** The binaries in a place from which the account can run them: where npm put them, or else a copy. */
export async function runnableNative(native: string, version: string, account: Account): Promise<string> {
  if (await linkLibraries(native)) {
    if (account === null || (await canRun(path.join(native, "bin/postgres"), account))) return native;
  }
  const parent = account === null ? path.resolve(native, "../.copies") : await outside(native);
  const copy = path.join(parent, `native-${version}`);
  if (await exists(copy)) return copy;
  const aside = `${copy}.${process.pid}`;
  await cp(native, aside, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(aside);
  await run("chmod", ["-R", "a+rX", aside]);
  await rename(aside, copy).catch(() => rm(aside, { recursive: true, force: true })); // another start was quicker
  return copy;
}

/** npm drops symbolic links; the package's install script restores them, unless scripts are switched off. */
async function linkLibraries(native: string): Promise<boolean> {
  const list = await readFile(path.join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.resolve(native, "..", target.replace(/^native/, path.basename(native)));
    if (await readlink(link).catch(() => null)) continue;
    try {
      await symlink(path.basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
    }
  }
  return true;
}

async function outside(origin: string): Promise<string> {
  const id = createHash("sha256")
    .update(await realpath(origin))
    .digest("hex")
    .slice(0, 12);
  const folder = path.join(OUTSIDE, `parloir-${id}`);
  try {
    return await passableFolder(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The user postgres cannot reach ${origin}, and ${folder} cannot be made: ${reason}`);
  }
}

// Tried as that account instead of computed from modes: access lists and root-squashed mounts count too.
async function canEnter(folder: string, account: NonNullable<Account>): Promise<boolean> {
  return (await run("/bin/sh", ["-c", 'cd "$0"', folder], { cwd: "/", ...account })).code === 0;
}

async function canRun(file: string, account: NonNullable<Account>): Promise<boolean> {
  const test = 'test -x "$0" && test -r "$0"';
  return (await run("/bin/sh", ["-c", test, file], { cwd: "/", ...account })).code === 0;
}

async function accountNamed(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => {
      const { code, output } = await run("id", [flag, name]);
      return code === 0 ? Number(output) : Number.NaN;
    }),
  );
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid as number, gid: gid as number } : null;
}
