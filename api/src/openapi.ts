import { errorCodes } from "@parloir/contracts/errors.ts";
import * as z from "zod/mini";
import type { Route } from "./route.ts";

/** The OpenAPI document, made from the routes themselves: it cannot drift from what is served. */
export function describeRoutes(routes: Route[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const each of routes) {
    const path = each.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [each.method]: operation(each) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Parloir", version: "0.1.0", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      securitySchemes: {
        person: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A person's access token.",
        },
        key: { type: "http", scheme: "bearer", description: "The host back end's server key." },
      },
      schemas: { Error: errorSchema },
    },
  };
}

function operation(route: Route): unknown {
  return {
    security: securityOf(route),
    parameters: [...parameters("path", route.params), ...parameters("query", route.query)],
    ...(route.body
      ? {
          requestBody: {
            required: route.bodyIsOptional !== true,
            content: { "application/json": { schema: schemaOf(route.body) } },
          },
        }
      : {}),
    responses: {
      "2XX": { description: "`{success: true, data}`", content: json({ type: "object" }) },
      default: { description: "An error", content: json({ $ref: "#/components/schemas/Error" }) },
    },
  };
}

function securityOf({ who, scope }: Route): unknown {
  if (who === "anyone") return [];
  // OpenAPI 3.1 lets any kind of scheme list the scopes or roles that it needs.
  const key = { key: scope === undefined ? [] : [scope] };
  if (who === "key") return [key];
  const person = { person: who === "admin" ? ["admin"] : [] };
  return who === "person" ? [person] : [person, key];
}

function json(schema: unknown): unknown {
  return { "application/json": { schema } };
}

interface ObjectSchema {
  properties?: Record<string, unknown>;
  required?: string[];
}

/** What a client sends, so the input side of every schema. */
function schemaOf(schema: z.ZodMiniType): ObjectSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as ObjectSchema;
}

function parameters(where: "path" | "query", schema: z.ZodMiniType | undefined): unknown[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema);
  return Object.entries(properties).map(([name, property]) => {
    return { name, in: where, required: where === "path" || required.includes(name), schema: property };
  });
}

const errorSchema = {
  type: "object",
  required: ["success", "error"],
  properties: {
    success: { const: false },
    error: {
      type: "object",
      required: ["code", "message", "requestId"],
      properties: {
        code: { enum: Object.keys(errorCodes) },
        message: { type: "string" },
        requestId: { type: "string", format: "uuid" },
        present: { type: ["string", "null"], description: "With CONFLICT of an assignment: who has it." },
        retryAfterMs: { type: "integer" },
      },
    },
  },
};
