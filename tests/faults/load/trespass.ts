import type { JoinAnswer, SyncAnswer } from "@parloir/contracts/events.ts";
import type { History } from "../history.ts";
import type { Random } from "../random.ts";
import type { Device } from "./device.ts";
import { type Population, RestError, readHistory } from "./people.ts";

/** People who are connected and ask for what is not theirs, all the time. */
export interface Trespassing {
  start: () => void;
  stop: () => void;
}

const everyMs = 1_000;
const timeoutMs = 7_000;

export function startTrespassing(options: {
  outsiders: Device[];
  population: Population;
  history: History;
  random: Random;
  now: () => number;
  url: string;
  send: (device: Device, conversationId: string) => void;
}): Trespassing {
  const { outsiders, population, history, random, now } = options;
  const conversationIds = [...population.members.keys()];
  let timers: NodeJS.Timeout[] = [];

  function log(device: Device, conversationId: string, command: string, answer: unknown, given: boolean) {
    const at = now();
    const text = JSON.stringify(answer ?? null).slice(0, 200);
    history.trespasses.push({
      at,
      userId: device.userId,
      conversationId,
      command,
      answered: given,
      answer: text,
    });
  }

  async function tryCommand(device: Device, conversationId: string): Promise<void> {
    const commands: [string, object][] = [
      ["join_conversation", { conversationId, after: 0 }],
      ["mark_read", { conversationId, seq: 1 }],
      ["typing", { conversationId, isTyping: true }],
      ["edit_message", { conversationId, seq: 1, content: "not mine" }],
      ["delete_message", { conversationId, seq: 1 }],
      ["react", { conversationId, seq: 1, emoji: "👍", on: true }],
    ];
    const [command, payload] = random.pick(commands);
    const outcome = await device.request<JoinAnswer>(command, payload, timeoutMs);
    if (outcome.kind === "unknown") return;
    log(
      device,
      conversationId,
      command,
      outcome.kind === "ok" ? outcome.data : outcome.code,
      outcome.kind === "ok",
    );
  }

  async function trySync(device: Device, conversationId: string): Promise<void> {
    const payload = { cursors: { [conversationId]: 0 } };
    const outcome = await device.request<SyncAnswer>("sync", payload, timeoutMs);
    if (outcome.kind === "ok")
      log(device, conversationId, "sync", outcome.data.conversations, outcome.data.conversations.length > 0);
  }

  async function tryRest(device: Device, conversationId: string): Promise<void> {
    const person = population.outsiders.find((each) => each.userId === device.userId)!;
    try {
      const page = await readHistory(options.url, person.token, conversationId, 0, 10);
      log(device, conversationId, "GET /api/messages", page, true);
    } catch (error) {
      // Outages say nothing about rights.
      if (error instanceof RestError && error.status < 500)
        log(device, conversationId, "GET /api/messages", error.status, false);
    }
  }

  const ways = [options.send, trySync, tryRest, tryCommand];

  /** Every way comes once before any comes again: a short load has seen them all. */
  function startTrying(device: Device): NodeJS.Timeout {
    let left: typeof ways = [];
    return setInterval(() => {
      if (left.length === 0) left = random.shuffled(ways);
      void left.pop()!(device, random.pick(conversationIds));
    }, everyMs * random.between(0.7, 1.3));
  }

  return {
    start() {
      timers = outsiders.map(startTrying);
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      timers = [];
    },
  };
}
