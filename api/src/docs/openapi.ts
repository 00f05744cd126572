import { errorCodes } from "@parloir/contracts/errors.ts";
import type * as z from "zod/mini";
import type { Route } from "../route.ts";
import { createSchemaBook, type JsonSchema, type SchemaBook } from "./json-schema.ts";

/** The OpenAPI document, made from the routes themselves: it cannot drift from what is served. */
export function describeRoutes(routes: Route[]): OpenApi {
  const book = createSchemaBook("#/components/schemas/");
  const paths: OpenApi["paths"] = {};
  for (const each of routes) {
    const path = each.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [each.method]: operation(each, book) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Parloir",
      version: "0.1.0",
      description:
        "What a host's back end and people's devices ask of the cluster. The socket: /asyncapi.json.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
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
      responses: { Error: { description: "Refused, or failed", content: json({ $ref: errorRef }) } },
      schemas: { ...book.schemas(), Error: errorSchema },
    },
  };
}

const errorRef = "#/components/schemas/Error";

export interface OpenApi {
  openapi: string;
  info: Record<string, unknown>;
  servers: unknown[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: unknown; responses: unknown; schemas: Record<string, JsonSchema> };
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters: { name: string; in: "path" | "query"; required: boolean; schema: JsonSchema }[];
  requestBody?: { required: boolean; content: Content | typeof fileBody.content };
  responses: Record<string, unknown>;
}

type Content = { "application/json": { schema: JsonSchema; example?: unknown } };

function operation(route: Route, book: SchemaBook): Operation {
  const answer = {
    type: "object",
    required: ["success", "data"],
    properties: { success: { const: true }, data: book.schemaOf(route.answer, "output") },
  };
  return {
    operationId: operationId(route),
    summary: route.about,
    ...(route.scope ? { description: scopeText(route) } : {}),
    tags: [tagOf(route)],
    security: securityOf(route),
    parameters: [...parameters("path", route.params, book), ...parameters("query", route.query, book)],
    ...(route.takesFile ? { requestBody: fileBody } : {}),
    ...(route.body ? { requestBody: requestBody(route, route.body, book) } : {}),
    responses: {
      "2XX": {
        description: "Done",
        content: route.media ? { [route.media]: { schema: { type: "string" } } } : json(answer),
      },
      ...Object.fromEntries(
        refusals(route).map((status) => [String(status), { $ref: "#/components/responses/Error" }]),
      ),
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function scopeText({ who, scope }: Route): string {
  return `${who === "admin" ? "Administrators only; a" : "A"} server key needs the scope \`${scope}\`.`;
}

function requestBody(route: Route, body: z.ZodMiniType, book: SchemaBook) {
  const schema = book.schemaOf(body, "input");
  const content = { schema, ...(route.example === undefined ? {} : { example: route.example }) };
  return { required: route.bodyIsOptional !== true, content: { "application/json": content } };
}

const fileBody = {
  required: true,
  content: {
    "multipart/form-data": {
      schema: {
        type: "object",
        required: ["file"],
        properties: { file: { type: "string", format: "binary" } },
        additionalProperties: false,
      },
    },
  },
};

/** What this route can refuse besides what any can. */
function refusals({ who, params, query, body, takesFile, method }: Route): number[] {
  const codes = [
    ...(params || query || body || takesFile ? (["INVALID"] as const) : []),
    ...(who === "anyone" ? [] : (["UNAUTHENTICATED", "FORBIDDEN"] as const)),
    ...(params ? (["NOT_FOUND"] as const) : []),
    ...(body || takesFile ? (["TOO_LARGE", "UNSUPPORTED"] as const) : []),
    ...(takesFile ? (["UNPROCESSABLE", "STORAGE_FULL"] as const) : []),
    ...(method === "get" ? [] : (["RATE_LIMITED"] as const)),
    "UNAVAILABLE" as const,
  ];
  return codes.map((code) => errorCodes[code].status);
}

/** `post /api/channels/:name/events` → `postChannelsNameEvents`. */
function operationId({ method, path }: Route): string {
  const words = path.match(/[A-Za-z]+/g)!.slice(1);
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** The first word of the path that says what it is about. */
function tagOf({ path }: Route): string {
  const words = path.split("/").slice(2);
  return words[0] === "messages" && words[1] === "conversations" ? "conversations" : words[0]!;
}

function securityOf({ who }: Route): Record<string, string[]>[] {
  if (who === "anyone") return [];
  return who === "either" || who === "admin" ? [{ person: [] }, { key: [] }] : [{ [who]: [] }];
}

function json(schema: JsonSchema): Content {
  return { "application/json": { schema } };
}

function parameters(where: "path" | "query", schema: z.ZodMiniType | undefined, book: SchemaBook) {
  if (!schema) return [];
  const { properties = {}, required = [] } = book.schemaOf(schema, "input");
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || (required as string[]).includes(name),
    schema: property,
  }));
}

const errorSchema: JsonSchema = {
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
