import type { Random } from "../../faults/random.ts";
import { judgeText } from "../judge.ts";
import { brokenText } from "../values.ts";
import { connectRaw, type RawSocket } from "./raw-socket.ts";
import type { CreateSurface } from "./surface.ts";

/** Frames that are no packets, below the commands: the connection may end, and nothing else. */

const seeds = [
  "2",
  "3probe",
  "5",
  "40",
  '40{"token":"x"}',
  "40/admin,{}",
  "41",
  '42["heartbeat",{}]',
  '427["heartbeat",{}]',
  '42/admin,7["heartbeat",{}]',
  '42["disconnect"]',
  '430[{"ok":true}]',
  '44{"message":"x"}',
  '451-["x",{"_placeholder":true,"num":0}]',
  '461-1[{"_placeholder":true,"num":0}]',
  '45999999999-["x"]',
  "4299999999999999999999[]",
];

export const createFrameSurface: CreateSurface = ({ url, cast }) => {
  let socket: RawSocket | null = null;
  return {
    async run(random) {
      if (!socket?.open()) socket = await connectRaw(url, random.pick(cast().tokens));
      const frame = frameOf(random);
      const coming = socket.frame("437777[");
      socket.send(frame);
      socket.send('427777["heartbeat",{}]');
      // Alive or closed, but never silent: an attachment that is waited for would swallow what follows it.
      const answer = await coming;
      return {
        sent: describe(frame),
        answer: answer ?? "",
        kind: answer === null ? "closed" : "alive",
        finding: judgeText(socket.frames.join(" ")),
      };
    },
    close: () => socket?.close(),
  };
};

function frameOf(random: Random): string | Buffer {
  const seed = random.pick(seeds);
  const chance = random.next();
  if (chance < 0.1) return Buffer.from(Array.from({ length: random.int(200) }, () => random.int(256)));
  if (chance < 0.15) return "4".padEnd(random.pick([1_000, 16_384, 16_385, 200_000]), "x");
  let text = seed;
  for (let n = random.int(3); n >= 0; n--) text = brokenText(text, random);
  return text;
}

function describe(frame: string | Buffer): string {
  return typeof frame === "string" ? frame : `binary ${frame.toString("hex")}`;
}
