import { readFileSync } from "node:fs";
import path from "node:path";
import { parse, parseAllDocuments } from "yaml";

/**
 * What `kubectl kustomize` makes of our folders, for tests, where there may be no kubectl. It knows the fields of
 * kustomize that are used here and throws on any other: a kustomization that it takes is one that it renders right.
 */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

interface Kustomization {
  kind: "Kustomization" | "Component";
  namespace?: string;
  resources?: string[];
  components?: string[];
  images?: { name: string; newName: string; newTag: string }[];
  replicas?: { name: string; count: number }[];
  patches?: { target: { kind: string; name: string }; patch: string }[];
  configMapGenerator?: { name: string; literals?: string[]; files?: string[] }[];
  secretGenerator?: { name: string; files: string[] }[];
  generatorOptions?: { disableNameSuffixHash: true };
}

const known = new Set([
  ...["apiVersion", "kind", "namespace", "resources", "components", "images", "replicas", "patches"],
  ...["configMapGenerator", "secretGenerator", "generatorOptions"],
]);

/** `readFile` answers a file's text; secrets are not in the repository, so a test brings them. */
export function render(folder: string, readFile = (file: string) => readFileSync(file, "utf8")): Manifest[] {
  const file = path.join(folder, "kustomization.yaml");
  const all = parse(readFile(file)) as Kustomization;
  const strange = Object.keys(all).filter((field) => !known.has(field));
  if (strange.length > 0) throw new Error(`${file}: render.ts does not know ${strange.join(", ")}`);
  let manifests = [...(all.resources ?? []), ...(all.components ?? [])].flatMap((name) =>
    /\.ya?ml$/.test(name)
      ? parseAllDocuments(readFile(path.join(folder, name))).map((each) => each.toJS() as Manifest)
      : render(path.join(folder, name), readFile),
  );
  const read = (name: string) => readFile(path.join(folder, name));
  manifests.push(...generated(all, read));
  for (const { target, patch } of all.patches ?? []) {
    const patched = manifests.find(
      ({ kind, metadata }) => kind === target.kind && metadata.name === target.name,
    );
    if (!patched) throw new Error(`${file}: no ${target.kind} ${target.name} to patch`);
    for (const operation of parse(patch) as Operation[]) apply(patched, operation);
  }
  for (const { name, count } of all.replicas ?? []) {
    const scaled = manifests.find(
      ({ kind, metadata }) => /Set$|^Deployment$/.test(kind) && metadata.name === name,
    );
    if (!scaled) throw new Error(`${file}: no ${name} to scale`);
    (scaled.spec as { replicas: number }).replicas = count;
  }
  for (const image of all.images ?? []) manifests = manifests.map((each) => withImage(each, image));
  if (all.namespace !== undefined)
    for (const { kind, metadata } of manifests) if (kind !== "Namespace") metadata.namespace = all.namespace;
  return manifests;
}

function generated(all: Kustomization, read: (name: string) => string): Manifest[] {
  const made = (kind: string, name: string, data: Record<string, string>): Manifest => ({
    apiVersion: "v1",
    kind,
    metadata: { name },
    data,
  });
  const filesOf = (files: string[] = []) => files.map((file) => [path.basename(file), read(file)]);
  const maps = (all.configMapGenerator ?? []).map(({ name, literals = [], files }) => {
    const pairs = literals.map((literal) => [
      literal.slice(0, literal.indexOf("=")),
      literal.slice(literal.indexOf("=") + 1),
    ]);
    return made("ConfigMap", name, Object.fromEntries([...pairs, ...filesOf(files)]));
  });
  const secrets = (all.secretGenerator ?? []).map(({ name, files }) => {
    const encoded = filesOf(files).map(([key, text]) => [key, Buffer.from(text!).toString("base64")]);
    return { ...made("Secret", name, Object.fromEntries(encoded)), type: "Opaque" };
  });
  if (maps.length + secrets.length > 0 && !all.generatorOptions?.disableNameSuffixHash)
    throw new Error("render.ts makes no name suffixes");
  return [...maps, ...secrets];
}

interface Operation {
  op: "add" | "replace" | "remove";
  path: string;
  value?: unknown;
}

type Node = Record<string, unknown> | unknown[];

function apply(manifest: Manifest, { op, path: pointer, value }: Operation): void {
  const keys = pointer.slice(1).split("/");
  const last = keys.pop()!;
  const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], manifest) as Node;
  if (parent === undefined) throw new Error(`nothing at ${pointer}`);
  if (Array.isArray(parent)) {
    const index = last === "-" ? parent.length : Number(last);
    if (op !== "add" && index >= parent.length) throw new Error(`nothing at ${pointer}`);
    parent.splice(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
    return;
  }
  if (op !== "add" && !(last in parent)) throw new Error(`nothing at ${pointer}`);
  if (op === "remove") delete parent[last];
  else parent[last] = value;
}

function withImage(manifest: Manifest, image: { name: string; newName: string; newTag: string }): Manifest {
  return JSON.parse(JSON.stringify(manifest), (key, value) =>
    key === "image" && value === image.name ? `${image.newName}:${image.newTag}` : value,
  ) as Manifest;
}
