import type { Route } from "@parloir/api/route.ts";
import type { Command } from "@parloir/contracts/commands.ts";
import { answerSchemas, eventSchemas } from "@parloir/contracts/event-schemas.ts";
import type * as z from "zod/mini";

/** Every event, ack and answer that any test of a real cluster receives must have its documented shape. */

export function eventProblem(event: string, payload: unknown): string | null {
  return Object.hasOwn(eventSchemas, event) ? problem(event, eventSchemas[event as "ready"], payload) : null;
}

export function ackProblem(command: Command, data: unknown): string | null {
  return problem(`the ack of ${command}`, answerSchemas[command], data);
}

export function answerProblem(routes: Route[], method: string, path: string, data: unknown): string | null {
  const { pathname } = new URL(path, "http://api");
  const route = routes.find(
    (each) => each.method === method.toLowerCase() && patternOf(each.path).test(pathname),
  );
  return route ? problem(`${method} ${route.path}`, route.answer, data) : null;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+]/g, "\\$&").replace(/:\w+/g, "[^/]+")}$`);
}

function problem(what: string, schema: z.ZodMiniType, value: unknown): string | null {
  const { error } = schema.safeParse(value);
  return error
    ? `${what} does not have its documented shape: ${JSON.stringify(error.issues.slice(0, 3))}`
    : null;
}
