import { createHash } from "node:crypto";
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
  images?: { name: string; newName?: string; newTag: string }[];
  replicas?: { name: string; count: number }[];
  patches?: { target: { kind: string; name: string }; patch: string }[];
  configMapGenerator?: Generator[];
  secretGenerator?: Generator[];
}

interface Generator {
  name: string;
  literals?: string[];
  files?: string[];
  options?: { disableNameSuffixHash: true };
}

const known = new Set([
  ...["apiVersion", "kind", "namespace", "resources", "components", "images", "replicas", "patches"],
  ...["configMapGenerator", "secretGenerator"],
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
  for (const [name, made] of generated(all, read)) {
    manifests = manifests.map((each) => withReference(each, name, made));
    manifests.push(made);
  }
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

/** With the name by which others refer to each. */
function generated(all: Kustomization, read: (name: string) => string): [string, Manifest][] {
  const made = ({ name, literals = [], files = [], options }: Generator, kind: "ConfigMap" | "Secret") => {
    const pairs = [
      ...literals.map((literal) => [
        literal.slice(0, literal.indexOf("=")),
        literal.slice(literal.indexOf("=") + 1),
      ]),
      ...files.map((file) => [path.basename(file), read(file)]),
    ].map(([key, text]) => [key, kind === "Secret" ? Buffer.from(text!).toString("base64") : text]);
    const data = Object.fromEntries(pairs) as Record<string, string>;
    if (!options?.disableNameSuffixHash && kind === "Secret") throw new Error("render.ts hashes no secrets");
    const suffix = options?.disableNameSuffixHash ? "" : `-${hashOf(kind, data)}`;
    const type = kind === "Secret" ? { type: "Opaque" } : {};
    return [name, { apiVersion: "v1", kind, metadata: { name: `${name}${suffix}` }, data, ...type }] as [
      string,
      Manifest,
    ];
  };
  return [
    ...(all.configMapGenerator ?? []).map((each) => made(each, "ConfigMap")),
    ...(all.secretGenerator ?? []).map((each) => made(each, "Secret")),
  ];
}

/** As kustomize does: of its JSON without the name, keys sorted, as Go writes it; in letters that spell no words. */
function hashOf(kind: string, data: Record<string, string>): string {
  const sorted = Object.fromEntries(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const json = JSON.stringify({ data: sorted, kind, name: "" }).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const unlike: Record<string, string> = { 0: "g", 1: "h", 3: "k", a: "m", e: "t" };
  const digest = createHash("sha256").update(json).digest("hex").slice(0, 10);
  return digest.replace(/[013ae]/g, (letter) => unlike[letter]!);
}

/** Volumes and environments that name a map by its name without the hash. */
function withReference(manifest: Manifest, name: string, { kind, metadata }: Manifest): Manifest {
  if (kind !== "ConfigMap") return manifest;
  return JSON.parse(JSON.stringify(manifest), (key, value: unknown) =>
    (key === "configMap" || key === "configMapRef") && (value as { name: string }).name === name
      ? { ...(value as object), name: metadata.name }
      : value,
  ) as Manifest;
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

function withImage(manifest: Manifest, image: { name: string; newName?: string; newTag: string }): Manifest {
  return JSON.parse(JSON.stringify(manifest), (key, value) =>
    key === "image" && value === image.name ? `${image.newName ?? image.name}:${image.newTag}` : value,
  ) as Manifest;
}
