import { commandSchemas } from "@parloir/contracts/commands.ts";
import * as z from "zod/mini";
import type { Random } from "../../faults/random.ts";
import { judgeAck, judgeText } from "../judge.ts";
import { brokenText, corrupt, type JsonSchema, odd, type Pool, valueFor } from "../values.ts";
import { connectRaw, type RawSocket } from "./raw-socket.ts";
import type { CreateSurface } from "./surface.ts";

/** Every command of the contracts, right, nearly right and wrong. Each that is JSON at all is owed an ack. */

const schemas = Object.entries(commandSchemas).map(([name, schema]): [string, JsonSchema] => [
  name,
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema,
]);
const strangeEvents = ["", "constructor", "__proto__", "new_message", "ready", "error", "typing_start"];

export const createCommandSurface: CreateSurface = ({ url, cast }) => {
  let socket: RawSocket | null = null;
  let ackId = 0;

  return {
    async run(random) {
      const token = random.pick(cast().tokens);
      // A case may have been the last for its connection (a flood, a token given up): the next gets another.
      if (!socket?.open()) socket = await connectRaw(url, token);
      ackId += 1;
      const frame = `42${ackId}${payloadOf(cast().pool, random)}`;
      const coming = socket.frame(`43${ackId}[`);
      socket.send(frame);
      // What is no JSON ends the connection: then there is no answer, and none is owed.
      const answer = await coming;
      if (answer === null) return { sent: frame, answer: "", kind: "closed", finding: null };
      const [ack] = JSON.parse(answer.slice(`43${ackId}`.length)) as [
        { ok?: unknown; error?: { code?: unknown } },
      ];
      const kind = ack.ok === true ? "ok" : String(ack.error?.code);
      return { sent: frame, answer, kind, finding: judgeText(answer) ?? judgeAck(ack) };
    },
    close: () => socket?.close(),
  };
};

function payloadOf(pool: Pool, random: Random): string {
  const [name, schema] = random.pick(schemas);
  const event = random.next() < 0.05 ? random.pick(strangeEvents) : name;
  const right = valueFor(schema, pool, random);
  const chance = random.next();
  const value = chance < 0.35 ? corrupt(right, random) : chance < 0.4 ? odd(random) : right;
  const text = JSON.stringify([event, value]);
  return chance > 0.95 ? brokenText(text, random) : text;
}
