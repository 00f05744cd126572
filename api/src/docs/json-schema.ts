import * as z from "zod/mini";

export type JsonSchema = Record<string, unknown>;

/** JSON Schemas of one document: shapes that have a name stand in it once and are referred to. */
export interface SchemaBook {
  /** `input`: what a client sends; `output`: what it gets. */
  schemaOf: (schema: z.ZodMiniType, side: "input" | "output") => JsonSchema;
  /** The named ones that were needed so far. */
  schemas: () => Record<string, JsonSchema>;
}

const ownRef = "#/$defs/";

export function createSchemaBook(ref: string): SchemaBook {
  const named: Record<string, JsonSchema> = {};

  function moved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === "$ref" && typeof inner === "string" ? inner.replace(ownRef, ref) : moved(inner),
      ]),
    );
  }

  return {
    schemaOf(schema, side) {
      const {
        $schema: _,
        $defs = {},
        ...rest
      } = z.toJSONSchema(schema, { io: side, unrepresentable: "any" });
      Object.assign(named, moved($defs));
      return moved(rest) as JsonSchema;
    },
    schemas: () => named,
  };
}
