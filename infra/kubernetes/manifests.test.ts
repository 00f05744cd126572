import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { secretNames } from "../docker/secrets.ts";
import { type Manifest, render } from "./render.ts";
import { readWithSecrets } from "./scene.ts";

/** The rendered manifests against the schemas of Kubernetes and of the Prometheus operator. */

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = path.join(folder, "../..");
const overlays = ["small", "production"];
const renderOverlay = (name: string) => render(path.join(folder, "overlays", name), readWithSecrets);

/** The package that has a kind's schema. */
function moduleOf({ apiVersion }: Manifest): string {
  if (apiVersion.startsWith("monitoring.coreos.com/"))
    return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  return `kubernetes-models/${apiVersion}`;
}

interface Model {
  new (manifest: Manifest): { validate: () => void };
}

describe.each(overlays)("infra/kubernetes/overlays/%s", (name) => {
  const manifests = renderOverlay(name);

  it.each(manifests.map((each): [string, Manifest] => [`${each.kind} ${each.metadata.name}`, each]))(
    "%s is valid",
    async (_, manifest) => {
      const models = (await import(moduleOf(manifest))) as Record<string, Model>;
      const ofKind = models[manifest.kind];
      expect(ofKind, `${manifest.apiVersion} has no ${manifest.kind}`).toBeDefined();
      new ofKind!(manifest).validate();
    },
  );

  it("names each thing once, all in one namespace", () => {
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    const spaces = manifests
      .filter(({ kind }) => kind !== "Namespace")
      .map(({ metadata }) => metadata.namespace);
    expect(new Set(spaces)).toEqual(new Set(["parloir"]));
  });
});

it("no field is misspelt: the compiler knows all of them", { timeout: 120_000 }, async () => {
  const scratch = await mkdtemp(path.join(os.tmpdir(), "parloir-manifests-"));
  try {
    await symlink(path.join(root, "node_modules"), path.join(scratch, "node_modules"));
    const good = overlays.flatMap(renderOverlay);
    await writeFile(path.join(scratch, "package.json"), '{"type": "module"}');
    await writeFile(path.join(scratch, "good.ts"), sourceOf(good));
    const [first] = good.filter(({ kind }) => kind === "Deployment");
    const misspelt = { ...first!, spec: { ...(first!.spec as object), replica: 2 } };
    await writeFile(path.join(scratch, "bad.ts"), sourceOf([misspelt]));
    expect(await compile(scratch, "good.ts")).toBe("");
    expect(await compile(scratch, "bad.ts")).toMatch(/'"replica"' does not exist/);
  } finally {
    await rm(scratch, { recursive: true });
  }
});

function sourceOf(manifests: Manifest[]): string {
  return manifests
    .map((each, index) => {
      const { apiVersion, ...rest } = each;
      const type = `I${each.kind}`;
      const text = JSON.stringify({ apiVersion, ...rest });
      return `import type { ${type} as Type${index} } from "${moduleOf(each)}";\nexport const _${index}: Type${index} = ${text};`;
    })
    .join("\n");
}

function compile(cwd: string, file: string): Promise<string> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", ""];
  return new Promise((resolve) => {
    execFile(tsc, [...flags, file], { cwd }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

it("a balancer with another configuration is another pod, and nobody else is", () => {
  const podOf = (change: string) => {
    const readFile = (file: string) =>
      `${readWithSecrets(file)}${path.basename(file) === "haproxy.cfg" ? change : ""}`;
    const manifests = render(path.join(folder, "overlays/production"), readFile);
    return Object.fromEntries(
      manifests.flatMap(({ kind, metadata, spec }) =>
        /Set$|^Deployment$/.test(kind) ? [[metadata.name, (spec as { template: object }).template]] : [],
      ),
    );
  };
  const [before, after] = [podOf(""), podOf("# another line\n")];
  const changed = Object.keys(before).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  expect(changed).toEqual(["balancer"]);
  // What the pod mounts is what was made.
  const manifests = renderOverlay("production");
  const { volumes } = (before.balancer as { spec: { volumes: { configMap: { name: string } }[] } }).spec;
  const maps = manifests.filter(({ kind }) => kind === "ConfigMap").map(({ metadata }) => metadata.name);
  expect(maps).toContain(volumes[0]!.configMap.name);
});

it("the secrets of the small overlay are those that infra/docker/secrets.ts makes", () => {
  const secret = renderOverlay("small").find(({ kind }) => kind === "Secret")!;
  const names = Object.keys(secret.data as object);
  expect(names.filter((name) => !secretNames.some((each) => each === name))).toEqual([]);
});
