import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { compose, root } from "./compose-file.ts";

/** The Dockerfile against what the processes load, and the packages that are installed for them. */

const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const dockerfile = read("infra/docker/Dockerfile");
const lines = dockerfile.split("\n");
const sourcesOf = (some: string[]) =>
  some
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from"))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
const copied = sourcesOf(lines);
const inImage = sourcesOf(lines.slice(lines.findLastIndex((line) => line.startsWith("FROM "))));
const install = /RUN (npm ci --omit=dev(?:[^\\\n]|\\\n)*)/.exec(dockerfile)![1]!;
const workspaces = [...install.matchAll(/--workspace (\S+)/g)].map(([, name]) => name!);

interface Locked {
  link?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };

/** The folder where Node finds a package, from another one. */
function folderOf(name: string, from: string): string | null {
  for (
    let at = from;
    ;
    at = at.includes("/node_modules/") ? at.replace(/\/node_modules\/(?!.*\/node_modules\/).*$/, "") : ""
  ) {
    const folder = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    const locked = packages[folder];
    if (locked) return locked.link ? locked.resolved! : folder;
    if (at === "") return null;
  }
}

/** What npm installs for the workspaces. @param optional also what packages only would use if it were there */
function installed({ optional }: { optional: boolean }): Set<string> {
  const found = new Set<string>();
  const add = (folder: string) => {
    if (found.has(folder)) return;
    found.add(folder);
    const {
      dependencies,
      optionalDependencies,
      peerDependencies = {},
      peerDependenciesMeta,
    } = packages[folder]!;
    const peers = Object.keys(peerDependencies).filter(
      (name) => optional || !peerDependenciesMeta?.[name]?.optional,
    );
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const other = folderOf(name, folder);
      if (other !== null) add(other);
    }
  };
  for (const workspace of workspaces) add(workspace);
  return found;
}

const needed = installed({ optional: false });

describe("the image", () => {
  it("is made of files that are there", () => {
    for (const source of copied)
      expect([source, existsSync(path.join(root, source))]).toEqual([source, true]);
  });

  it("holds every workspace that a process needs, and installs for those alone, without what develops", () => {
    const ours = new Set<string>();
    const add = (name: string) => {
      if (ours.has(name)) return;
      ours.add(name);
      const { dependencies = {} } = JSON.parse(read(`${name}/package.json`)) as {
        dependencies?: Record<string, string>;
      };
      for (const each of Object.keys(dependencies))
        if (each.startsWith("@parloir/")) add(each.slice("@parloir/".length));
    };
    for (const name of ["gateway", "api", "worker"]) add(name);
    expect(workspaces.toSorted()).toEqual([...ours].toSorted());
    for (const name of ours) expect(copied).toEqual(expect.arrayContaining([name, `${name}/package.json`]));
  });

  it("throws away what npm installs and no package needs, and nothing else", () => {
    const removed = [...dockerfile.matchAll(/^RUN rm -r (.*)$/gm)].flatMap(([, names]) => names!.split(" "));
    const useless = [...installed({ optional: true })].filter((folder) => !needed.has(folder));
    const isOf = (folder: string) => (name: string) => folder === name || folder.startsWith(`${name}/`);
    expect(useless).toContain("node_modules/typescript");
    expect(useless.filter((folder) => !removed.some(isOf(folder)))).toEqual([]);
    expect([...needed].filter((folder) => removed.some(isOf(folder)))).toEqual([]);
  });

  it("ends as an ordinary user", () => {
    expect(lines.findLast((line) => line.startsWith("USER "))).toBe("USER node");
    expect(lines.findLastIndex((line) => line.startsWith("FROM "))).toBeLessThan(lines.indexOf("USER node"));
  });
});

describe("what runs in it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "parloir-image-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const hook = path.join(folder, "hook.mjs");
  writeFileSync(
    hook,
    `import { writeFileSync } from "node:fs";
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.on("exit", () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)));`,
  );

  /** Every file that Node loads, until the program notices that it has no environment to work with. */
  async function loadedBy(name: string, args: string[], cwd: string): Promise<string[]> {
    const LOADED = path.join(folder, `${name.replace(/\W/g, "-")}.json`);
    const env = { NODE_ENV: "production", LOADED };
    const said = await new Promise<string>((resolve) =>
      execFile(process.execPath, ["--import", hook, ...args], { cwd, env }, (_, __, text) => resolve(text)),
    );
    expect(said).not.toMatch(/ERR_MODULE_NOT_FOUND|SyntaxError/);
    return (JSON.parse(readFileSync(LOADED, "utf8")) as string[])
      .filter((url) => url.startsWith("file:"))
      .map((url) => path.relative(root, fileURLToPath(url)))
      .filter((file) => !file.startsWith(".."));
  }

  function expectInImage(files: string[]): void {
    const packagesLoaded = files.flatMap((file) => {
      const [, name] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
      return name === undefined ? [] : [name];
    });
    expect([...new Set(packagesLoaded)].filter((each) => !needed.has(each))).toEqual([]);
    const own = files.filter((file) => !file.includes("node_modules/"));
    expect(
      own.filter((file) => !inImage.some((each) => file === each || file.startsWith(`${each}/`))),
    ).toEqual([]);
    expect(own.length).toBeGreaterThan(0);
  }

  const commands = [
    ...Object.values(compose.services).flatMap(({ command = [] }) =>
      command[0] === "node" ? [command[1]!] : [],
    ),
    "infra/docker/healthy.ts",
    ...[...read("docs/operations.md").matchAll(/docker compose (?:exec|run) .* node (\S+\.ts)/g)].map(
      ([, file]) => file!,
    ),
  ];
  it.each([...new Set(commands)])("%s finds every file and package that it loads", async (file) => {
    expectInImage(await loadedBy(file, [file], root));
  });

  /** Loaded when it is first used. What only development uses says so in its name. */
  const later = workspaces.flatMap((workspace) =>
    readdirSync(path.join(root, workspace, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)demo/.test(file))
      .map((file) => path.join(workspace, "src", file))
      .flatMap((file) =>
        [...read(file).matchAll(/\bimport\("([^"]+)"\)/g)].map(([, what]): [string, string] => [file, what!]),
      ),
  );
  it.each(later)("%s finds %s when it needs it", async (file, what) => {
    const cwd = path.dirname(path.join(root, file));
    const code = `await import(${JSON.stringify(what)}); await import("./${path.basename(file)}")`;
    expectInImage(await loadedBy(`${file} ${what}`, ["--input-type=module", "--eval", code], cwd));
  });
});
