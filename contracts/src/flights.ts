import * as z from "zod/mini";
import { seq, uuid } from "./ids.ts";
import { schemaFor, time } from "./shape-schemas.ts";

/** The way of one message through the cluster: what each process remembers of it. Never what it says. */

/** In the order in which they normally come. `delivered`: `count` is the sockets that it was written to. */
export const flightSteps = [
  "received",
  "committed",
  "published",
  "acked",
  "delivered",
  "relayed",
  "job",
] as const;
export type FlightStep = (typeof flightSteps)[number];

export interface FlightEntry {
  node: string;
  step: FlightStep;
  /** By the clock of the node. */
  at: string;
  /** Of `delivered`. */
  count?: number;
  /** Of `job`: the queue whose job was done. */
  queue?: string;
  /** W3C trace context: of the client's, or made by the gateway. */
  traceparent?: string;
}

export interface Flight {
  conversationId: string;
  seq: number;
  entries: FlightEntry[];
  /** Processes that told what they know, and those that did not in time. */
  answered: string[];
  silent: string[];
}

export const readFlightBody = z.strictObject({ conversationId: uuid, seq: seq.check(z.minimum(1)) });
export type FlightKey = z.infer<typeof readFlightBody>;

const names = z.array(z.string());
export const flight = schemaFor<Flight>()(
  z.strictObject({
    conversationId: uuid,
    seq,
    entries: z.array(
      z.strictObject({
        node: z.string(),
        step: z.enum(flightSteps),
        at: time,
        count: z.exactOptional(z.int()),
        queue: z.exactOptional(z.string()),
        traceparent: z.exactOptional(z.string()),
      }),
    ),
    answered: names,
    silent: names,
  }),
);
