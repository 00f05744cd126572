import type { Random } from "../faults/random.ts";

/** The part of JSON Schema that the contracts' schemas become. */
export interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  minLength?: number;
}

/** Values that name something: people, conversations, cursors, as the cluster under test has them. */
export type Pool = readonly string[];

const mostEntries = 3;

/** Mostly what the schema asks for; names come from the pool, so that requests reach beyond the first check. */
export function valueFor(schema: JsonSchema | undefined, pool: Pool, random: Random): unknown {
  if (schema === undefined) return odd(random);
  if ("const" in schema) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return valueFor(random.pick(choices), pool, random);
  const types = schema.type ?? (schema.properties ? "object" : schema.allOf ? "string" : undefined);
  const type = Array.isArray(types) ? random.pick(types) : types;
  switch (type) {
    case "object":
      return objectFor(schema, pool, random);
    case "array": {
      const count = (schema.minItems ?? 0) + random.int(mostEntries);
      return Array.from({ length: count }, () => valueFor(schema.items, pool, random));
    }
    case "string":
      return textFor(schema, pool, random);
    case "integer":
    case "number":
      return numberFor(schema, random);
    case "boolean":
      return random.next() < 0.5;
    case "null":
      return null;
    default:
      return odd(random);
  }
}

function objectFor(schema: JsonSchema, pool: Pool, random: Random): Record<string, unknown> {
  const required = new Set(schema.required);
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name]) => required.has(name) || random.next() < 0.5)
    .map(([name, property]): [string, unknown] => [name, valueFor(property, pool, random)]);
  if (typeof schema.additionalProperties === "object") {
    for (let n = random.int(mostEntries + 1); n > 0; n--)
      entries.push([
        String(valueFor(schema.propertyNames ?? { type: "string" }, pool, random)),
        valueFor(schema.additionalProperties, pool, random),
      ]);
  }
  return Object.fromEntries(entries);
}

const times = ["2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"];
const words = [
  "hello",
  "Ana",
  "message",
  "en",
  "fr",
  "x",
  "project:1",
  "👩‍👩‍👧",
  "a@example.org",
  "👍",
  "1",
  "50",
];

function textFor(schema: JsonSchema, pool: Pool, random: Random): string {
  const { pattern, format } = schema;
  if (format?.startsWith("date") || format === "time") return random.pick(times);
  const fits = pattern === undefined ? pool : pool.filter((each) => matches(pattern, each));
  if (fits.length > 0 && random.next() < 0.7) return random.pick(fits);
  const shortest = schema.minLength ?? 0;
  return random.pick(words).padEnd(shortest, "x");
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

function numberFor({ minimum = 0, maximum = 100 }: JsonSchema, random: Random): number {
  return random.pick([minimum, Math.min(maximum, minimum + random.int(10)), maximum]);
}

/** Makes a value wrong somewhere: replaced, removed, nested, or with a field too many. */
export function corrupt(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.next() < 0.7) {
    const index = random.int(value.length);
    return value.with(index, corrupt(value[index], random));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || random.next() < 0.1)
    return odd(random);
  const copy: Record<string, unknown> = { ...value };
  const name = random.pick([...Object.keys(copy), "role"]);
  const change = random.next();
  if (change < 0.2) delete copy[name];
  else if (change < 0.35) copy[random.pick(strangeNames)] = odd(random);
  else copy[name] = corrupt(copy[name], random);
  return copy;
}

const strangeNames = [
  "role",
  "seq",
  "senderId",
  "constructor",
  "toString",
  "",
  "\u0000",
  "__proto__ ",
  "id[]",
];

/** Every kind of value that somebody once forgot. */
export function odd(random: Random): unknown {
  return random.pick(oddValues)(random);
}

const oddValues: ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => "",
  () => " \u200b\u2028 ",
  () => "\u0000",
  () => "a\u0000b",
  () => "\ud800",
  () => "\u202eevil",
  () => "e".padEnd(5_000, "\u0301"),
  (random) => "x".repeat(10 ** random.int(5)),
  () => "' OR 1=1--",
  () => "%_\\ $1 {0}",
  () => "((((",
  () => "(a+)+$",
  () => "../../etc/passwd",
  () => "<img src=x onerror=alert(1)>",
  () => "conversation:00000000-0000-7000-8000-000000000000",
  () => "00000000-0000-7000-8000-000000000000",
  () => "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  () => "+99:99",
  () => "9999999999-01-01T00:00:00Z",
  () => -1,
  () => 0,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 1e300,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => ({ constructor: { prototype: { ok: true } } }),
  () => ({ $ne: null }),
  (random) => Array.from({ length: random.int(300) }, (_, n) => n),
  (random) => nested(random.int(1_500)),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let n = 0; n < depth; n++) value = n % 2 === 0 ? [value] : { a: value };
  return value;
}

/** JSON that no JSON.stringify writes: keys twice, numbers beyond all numbers, prototypes, a piece cut out or doubled. */
export function brokenText(text: string, random: Random): string {
  const at = random.int(text.length + 1);
  const until = Math.min(text.length, at + random.int(12));
  return random.pick([
    () => text.slice(0, at) + text.slice(until),
    () => text.slice(0, until) + text.slice(at),
    () => text.slice(0, at) + random.pick(strangeText) + text.slice(at),
    () => text.replace(/\d+/, random.pick(["1e999", "-0", "9007199254740993", "0x1", "1_0", "NaN"])),
    () => text.replace("{", '{"__proto__":{"role":"admin"},'),
    () => text.replace(/"(\w+)":/, '"$1":null,"$1":'),
    () => `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  ])();
}

const strangeText = [
  "\u0000",
  "\\u0000",
  "\\ud800",
  '"',
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  "\\",
  "-",
  "\ufeff",
  "é",
];
