import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import { packageStyles } from "./styles.ts";

/**
 * The package that an application installs: modules that any bundler and Node can load, their types, and one style
 * sheet. In this repository the sources themselves are imported, so nothing here is needed to work on them.
 */
const client = path.resolve(import.meta.dirname, "..");
const root = path.resolve(client, "..");
const entries = {
  core: "src/core/client.ts",
  react: "src/react/index.ts",
  server: "src/server/server.ts",
  // Apart, so that who shows only our own window loads it with the first call.
  calls: "src/react/calls/use-calls.ts",
};

/**
 * Entries whose modules need a browser's React. Where pages are made of server components (Next.js) each begins with
 * the directive that makes it a client component: a page imports it without a file of its own between. In the entry
 * alone: whatever is behind it follows. The others run on a server as they are, and with it could not be called there.
 */
const clientEntries = new Set<string>([entries.react, entries.calls].map(chunkOf));

/**
 * Kilobytes after gzip, not minified, of all that an entry imports at once, without the package's dependencies; what is
 * lazy is not counted. A package that grows beyond fails to build. Measured: core 27, react 72 (75 within a test, with
 * the JSX of development), server 5, calls 9.
 */
const mostKilobytes = { core: 30, react: 78, server: 7, calls: 12 };

export async function buildPackage(outDir: string): Promise<Record<string, number>> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const manifest = await manifestOf();
  const external = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  await buildModules(outDir, external);
  await writeTypes(outDir);
  await writeFile(
    path.join(outDir, "styles.css"),
    await packageStyles(path.join(client, "src/react/styles")),
  );
  await writeFile(path.join(outDir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return checkSizes(outDir);
}

async function manifestOf() {
  const own = JSON.parse(await readFile(path.join(client, "package.json"), "utf8"));
  const contracts = JSON.parse(await readFile(path.join(root, "contracts/package.json"), "utf8"));
  // Contracts are part of the modules; preact is the widget's alone.
  const {
    react: _,
    "react-dom": __,
    preact: ___,
    "@parloir/contracts": ____,
    ...dependencies
  } = own.dependencies;
  const modules = Object.entries(entries).map(([name, file]) => {
    const place = chunkOf(file);
    return [`./${name}`, { types: `./types/${place}.d.ts`, default: `./modules/${place}.js` }];
  });
  return {
    name: own.name,
    version: own.version,
    license: own.license,
    type: "module",
    sideEffects: ["*.css"],
    exports: { ...Object.fromEntries(modules), "./styles.css": "./styles.css" },
    dependencies: { ...dependencies, ...contracts.dependencies },
    peerDependencies: { react: own.dependencies.react, "react-dom": own.dependencies["react-dom"] },
  };
}

/** A module's name among those that are built. */
function chunkOf(file: string): string {
  return `client/${file.replace(/\.ts$/, "")}`;
}

async function buildModules(outDir: string, external: string[]): Promise<void> {
  await build({
    configFile: false,
    root: client,
    logLevel: "warn",
    plugins: [react()],
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      lib: {
        entry: Object.fromEntries(Object.values(entries).map((file) => [chunkOf(file), file])),
        formats: ["es"],
      },
      rollupOptions: {
        external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
        // One file for each: a bundler leaves out what the application does not use, and keeps apart what is lazy.
        output: {
          preserveModules: true,
          preserveModulesRoot: root,
          entryFileNames: "modules/[name].js",
          // Not in the sources: what bundles them leaves a module's directives out, and warns of each.
          banner: ({ name }) => (clientEntries.has(name) ? '"use client";' : ""),
        },
      },
    },
  });
}

/** The compiler's own declarations; those of the contracts lie beside them and are named by their place. */
async function writeTypes(outDir: string): Promise<void> {
  const types = path.join(outDir, "types");
  const config = path.join(client, "tsconfig.package.json");
  await promisify(execFile)(path.join(root, "node_modules/.bin/tsc"), ["-p", config, "--outDir", types]);
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const whole = path.join(types, file);
    const up = path.relative(path.dirname(whole), path.join(types, "contracts/src"));
    const text = await readFile(whole, "utf8");
    await writeFile(whole, text.replaceAll(/(["'])@parloir\/contracts\//g, `$1${up}/`));
  }
}

/** Follows the static imports of each entry. */
async function checkSizes(outDir: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [name, file] of Object.entries(entries)) {
    const seen = new Set<string>();
    let all = "";
    const add = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = await readFile(file, "utf8");
      all += text;
      for (const [, next] of text.matchAll(/^(?:import|export)[^"';]*?["'](\.[^"']+)["']/gm))
        await add(path.resolve(path.dirname(file), next!));
    };
    await add(path.join(outDir, "modules/client", file.replace(/\.ts$/, ".js")));
    const kilobytes = Math.round(gzipSync(all, { level: 9 }).length / 100) / 10;
    sizes[name] = kilobytes;
    if (kilobytes > mostKilobytes[name as keyof typeof entries])
      throw new Error(`${name} has ${kilobytes} KB gzipped; see mostKilobytes`);
  }
  return sizes;
}
