import { readFileSync } from "node:fs";
import { commandSchemas } from "@parloir/contracts/commands.ts";
import { eventSchemas } from "@parloir/contracts/event-schemas.ts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { startCluster } from "./cluster/cluster.ts";

/** What a running api says of the protocol, against what it serves and against `docs/protocol.md`. */
const cluster = await startCluster({ gateways: 0 });
afterAll(() => cluster.stop());
const { routes } = cluster.apis[0]!.api;

const get = (path: string) => fetch(new URL(path, cluster.apis[0]!.url));
type Json = Record<string, unknown>;

interface Document {
  components: { schemas: Record<string, Json>; messages: Record<string, { payload: Json }> };
  paths: Record<
    string,
    Record<string, { requestBody?: { content: Record<string, { schema: Json; example?: unknown }> } }>
  >;
  operations: Record<string, unknown>;
}
const read = async (path: string) => (await (await get(path)).json()) as Document & Json;

/** Every `$ref` of a document must lead somewhere. */
function brokenRefs(document: Json): string[] {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]*)"/g)].map(([, ref]) => ref!);
  const find = (ref: string) =>
    ref
      .split("/")
      .slice(1)
      .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document);
  return refs.filter((ref) => find(ref) === undefined);
}

/** Compiles schemas of one document, which may refer to its named ones. */
function compiler(schemas: Record<string, Json>) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const within = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as Json;
  ajv.addSchema({ $id: "document", components: { schemas: within(schemas) } });
  return (schema: Json) => ajv.compile(within(schema));
}

// Read before anything is compiled, which takes this process, and so the api, longer than a connection is kept.
const openapi = await read("/openapi.json");
const asyncapi = await read("/asyncapi.json");
const docs = await get("/docs");
const page = await docs.text();

describe("/openapi.json", () => {
  it("is valid OpenAPI 3.1 and refers to nothing that is missing", async () => {
    expect(await new Validator().validate(openapi)).toMatchObject({ valid: true });
    expect(brokenRefs(openapi)).toEqual([]);
  });

  it("describes every route, and no other", () => {
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const served = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(described.toSorted()).toEqual(served.toSorted());
  });

  it("gives each operation a name of its own, and examples that fit", () => {
    const operations = Object.values(openapi.paths).flatMap((methods) => Object.values(methods));
    const names = operations.map((each) => (each as { operationId?: string }).operationId);
    expect(new Set(names).size).toBe(operations.length);
    const bodies = operations.flatMap(({ requestBody }) => requestBody?.content["application/json"] ?? []);
    const withExample = bodies.filter((each) => each.example !== undefined);
    expect(withExample.length).toBeGreaterThan(0);
    const compile = compiler(openapi.components.schemas);
    for (const { schema, example } of withExample) {
      const validate = compile(schema);
      expect(validate(example), JSON.stringify([example, validate.errors])).toBe(true);
    }
  });
});

describe("/asyncapi.json", () => {
  it("has every command with its ack and every event, as schemas that refer to nothing that is missing", () => {
    expect(asyncapi.asyncapi).toBe("3.0.0");
    const commands = Object.keys(commandSchemas);
    const events = Object.keys(eventSchemas);
    const names = [...commands, ...commands.map((name) => `${name}_ack`), ...events];
    expect(Object.keys(asyncapi.components.messages).toSorted()).toEqual(names.toSorted());
    expect(Object.keys(asyncapi.operations)).toHaveLength(commands.length + events.length);
    expect(brokenRefs(asyncapi)).toEqual([]);
    const compile = compiler(asyncapi.components.schemas);
    for (const { payload } of Object.values(asyncapi.components.messages)) compile(payload);
  });
});

describe("/docs", () => {
  it("shows every route, command and event without any script", () => {
    expect(docs.headers.get("content-type")).toContain("text/html");
    expect(docs.headers.get("content-security-policy")).toContain("script-src 'self'");
    for (const { path } of routes) expect(page).toContain(path.replace(/:(\w+)/g, "{$1}"));
    for (const name of Object.keys(commandSchemas)) expect(page).toContain(`id="commands-${name}"`);
    for (const name of Object.keys(eventSchemas)) expect(page).toContain(`id="events-${name}"`);
    expect(page).not.toMatch(/<script|\son\w+=|https?:\/\//);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

describe("docs/protocol.md", () => {
  const text = readFileSync(new URL("../docs/protocol.md", import.meta.url), "utf8");

  /** The names in the first column of the tables of a chapter. */
  function firstColumn(chapter: string): string[][] {
    const body = text.split(/^## /m).find((part) => part.startsWith(`${chapter}\n`)) ?? "";
    const rows = body.split("\n").filter((line) => /^\|\s*`/.test(line));
    return rows.map((line) => {
      const [, cell] = line.replaceAll("\\|", "¦").split("|");
      return [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    });
  }

  it("names every command and every event, and no other", () => {
    expect(firstColumn("Commands").flat().toSorted()).toEqual(Object.keys(commandSchemas).toSorted());
    expect(firstColumn("Events").flat().toSorted()).toEqual(Object.keys(eventSchemas).toSorted());
  });

  /** `…` stands for what the entry before says: the whole path, or all but its last word. */
  function routesOf(names: string[]): string[] {
    let [method, path] = ["", ""];
    return names.map((name) => {
      const [, verb, rest] = /^(?:([A-Z]+) )?(\S+)$/.exec(name)!;
      method = verb ?? method;
      const bare = rest!.replace(/\?.*$/, "");
      if (bare.startsWith("…/")) path = path.replace(/\/[^/]+$/, bare.slice(1));
      else if (bare !== "…") path = bare;
      return `${method} ${path}`;
    });
  }

  it("names every route, and no other", () => {
    // Served outside the list of routes.
    const pages = ["/livez", "/readyz", "/openapi.json", "/asyncapi.json", "/docs"].map((path) => ` ${path}`);
    const plain = [...pages, "GET /files/…"];
    const served = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const documented = firstColumn("REST").flatMap(routesOf);
    expect(documented.toSorted()).toEqual([...served, ...plain].toSorted());
  });
});
