import type { JsonSchema } from "./json-schema.ts";

/** A JSON Schema as people read types: `{ id: string, name?: string, … }`, as HTML with links to the named ones. */
export function schemaHtml(schema: JsonSchema, indent = ""): string {
  if (typeof schema.$ref === "string") {
    const name = escapeHtml(schema.$ref.split("/").at(-1)!);
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if ("const" in schema) return escapeHtml(JSON.stringify(schema.const));
  if (Array.isArray(schema.enum))
    return schema.enum.map((each) => escapeHtml(JSON.stringify(each))).join(" | ");
  const choices = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (choices) return choices.map((each) => schemaHtml(each, indent)).join(" | ");
  if (Array.isArray(schema.type)) return escapeHtml(schema.type.join(" | "));
  if (schema.type === "array") return `[${schemaHtml((schema.items ?? {}) as JsonSchema, indent)}, …]`;
  if (schema.type === "object") return objectHtml(schema, indent);
  return escapeHtml(scalarText(schema));
}

function objectHtml(schema: JsonSchema, indent: string): string {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const inner = `${indent}  `;
  if (properties.length === 0) {
    const values = schema.additionalProperties;
    if (typeof values !== "object" || values === null || "not" in values)
      return values === false ? "{}" : "{ … }";
    return `{ [key]: ${schemaHtml(values as JsonSchema, indent)} }`;
  }
  const required = new Set((schema.required ?? []) as string[]);
  const lines = properties.map(
    ([name, each]) =>
      `${inner}${escapeHtml(name)}${required.has(name) ? "" : "?"}: ${schemaHtml(each, inner)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function scalarText({ type, format, maxLength, minimum, maximum }: JsonSchema): string {
  if (type === undefined) return "any";
  const bounds = [
    ...(typeof format === "string" ? [format] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength}`]),
    ...(typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? [`from ${minimum}`] : []),
    ...(typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER ? [`to ${maximum}`] : []),
  ];
  return bounds.length === 0 ? String(type) : `${type} (${bounds.join(", ")})`;
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
