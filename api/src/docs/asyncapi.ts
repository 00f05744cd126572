import { type Command, commandSchemas, volatileCommands } from "@parloir/contracts/commands.ts";
import { answerSchemas, errorBodySchema, eventSchemas } from "@parloir/contracts/event-schemas.ts";
import type { ServerEvent } from "@parloir/contracts/events.ts";
import type * as z from "zod/mini";
import { createSchemaBook, type JsonSchema, type SchemaBook } from "./json-schema.ts";
import { aboutCommands, aboutEvents } from "./socket-texts.ts";

/**
 * The AsyncAPI document of the socket, made from the schemas that commands are checked with and that tests hold every
 * event against. Sides are the server's: it receives commands, answers each with an ack, and sends events.
 */
export function describeSocket(): AsyncApi {
  const book = createSchemaBook("#/components/schemas/");
  const commands = Object.entries(commandSchemas) as [Command, z.ZodMiniType][];
  const events = Object.entries(eventSchemas) as [ServerEvent, z.ZodMiniType][];
  const messages: AsyncApi["components"]["messages"] = {};
  const operations: AsyncApi["operations"] = {};
  for (const [name, schema] of commands) {
    messages[name] = messageOf(name, aboutCommands[name], book.schemaOf(schema, "input"));
    messages[`${name}_ack`] = messageOf(`${name}_ack`, `The ack of ${name}.`, ackOf(name, book));
    operations[name] = {
      action: "receive",
      channel: { $ref: "#/channels/socket" },
      summary: aboutCommands[name],
      messages: [{ $ref: `#/channels/socket/messages/${name}` }],
      ...(volatileCommands.has(name) ? {} : { reply: replyOf(name) }),
    };
  }
  for (const [name, schema] of events) {
    messages[name] = messageOf(name, aboutEvents[name], book.schemaOf(schema, "output"));
    operations[`on_${name}`] = {
      action: "send",
      channel: { $ref: "#/channels/socket" },
      summary: aboutEvents[name],
      messages: [{ $ref: `#/channels/socket/messages/${name}` }],
    };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Parloir",
      version: "0.1.0",
      description:
        "Socket.IO 4 at /socket.io, namespace /, with `auth: {token}`. A message's name is the Socket.IO event, its payload the only argument.",
      license: { name: "Apache-2.0" },
    },
    channels: {
      socket: {
        address: "/socket.io",
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations,
    components: {
      messages,
      schemas: { ...book.schemas(), ErrorBody: book.schemaOf(errorBodySchema, "output") },
    },
  };
}

interface Ref {
  $ref: string;
}

export interface AsyncApi {
  asyncapi: string;
  info: Record<string, unknown>;
  channels: { socket: { address: string; messages: Record<string, Ref> } };
  operations: Record<
    string,
    { action: "send" | "receive"; channel: Ref; summary: string; messages: Ref[]; reply?: unknown }
  >;
  components: {
    messages: Record<string, { name: string; summary: string; contentType: string; payload: JsonSchema }>;
    schemas: Record<string, JsonSchema>;
  };
}

function messageOf(name: string, summary: string, payload: JsonSchema) {
  return { name, summary, contentType: "application/json", payload };
}

function ackOf(name: Command, book: SchemaBook): JsonSchema {
  return {
    oneOf: [
      {
        type: "object",
        required: ["ok", "data"],
        properties: { ok: { const: true }, data: book.schemaOf(answerSchemas[name], "output") },
      },
      {
        type: "object",
        required: ["ok", "error"],
        properties: { ok: { const: false }, error: { $ref: "#/components/schemas/ErrorBody" } },
      },
    ],
  };
}

function replyOf(name: Command) {
  return {
    channel: { $ref: "#/channels/socket" },
    messages: [{ $ref: `#/channels/socket/messages/${name}_ack` }],
  };
}
