import type { Message } from "@parloir/contracts/shapes.ts";
import type { ChangeLog, History, Send } from "../history.ts";
import type { Random } from "../random.ts";
import type { Device } from "./device.ts";

/** People who edit and delete what they said, react to it, and try the same with what others said. */
export interface Changing {
  /** A send was acked: now and then something happens to it. */
  acked: (send: Send, seq: number) => void;
  /** No change waits for its answer. */
  isIdle: () => boolean;
}

/** Per acked message. */
export const usualChangeChance = 0.25;
const ackTimeoutMs = 7_000;
/** Different ones, so that every reaction is a change. */
const emoji = ["👍", "❤️", "🎉", "👀"];

export function startChanging(options: {
  devices: Device[];
  history: History;
  random: Random;
  now: () => number;
  chance: number;
  /** Only while people talk. */
  isOn: () => boolean;
  changed: (conversationId: string, change: number) => void;
}): Changing {
  const { devices, history, random, now } = options;
  let underWay = 0;
  let counter = 0;

  const deviceOf = (userId: string) => devices.find((device) => device.userId === userId && device.isReady());

  /** One after the other: what the last one acked says is what must be there in the end. */
  async function make(
    device: Device,
    wanted: Omit<ChangeLog, "at" | "end" | "outcome" | "code" | "change">,
  ): Promise<boolean> {
    const log: ChangeLog = { ...wanted, at: now(), end: Number.NaN, outcome: "open", code: null, change: 0 };
    history.changes.push(log);
    const { conversationId, seq, kind, content, emoji, on } = wanted;
    const payloads = {
      edit_message: { conversationId, seq, content },
      delete_message: { conversationId, seq },
      react: { conversationId, seq, emoji, on },
    };
    const outcome = await device.request<Message>(kind, payloads[kind], ackTimeoutMs);
    log.end = now();
    log.outcome = outcome.kind;
    if (outcome.kind !== "ok") {
      log.code = outcome.code;
      return false;
    }
    log.change = outcome.data.change;
    options.changed(conversationId, log.change);
    return true;
  }

  async function happenTo(send: Send, seq: number): Promise<void> {
    const { conversationId, userId } = send;
    const others = (history.members.get(conversationId) ?? []).filter((member) => member !== userId);
    const plain = { conversationId, seq, content: "", emoji: "", on: false, isForeign: false };
    const edit = (by: string, isForeign: boolean) => {
      const content = `edit ${++counter} by ${by}`;
      return { ...plain, userId: by, kind: "edit_message" as const, content, isForeign };
    };
    const script: Parameters<typeof make>[1][] = [];
    for (const other of others.slice(0, 1 + random.int(2)))
      script.push({ ...plain, userId: other, kind: "react", emoji: random.pick(emoji), on: true });
    if (random.next() < 0.3) script.push({ ...script[0]!, on: false });
    script.push(edit(userId, false));
    if (random.next() < 0.3) script.push(edit(userId, false));
    if (random.next() < 0.2) script.push(edit(random.pick(others), true));
    if (random.next() < 0.2)
      script.push({ ...plain, userId: random.pick(others), kind: "delete_message", isForeign: true });
    if (random.next() < 0.2) script.push({ ...plain, userId, kind: "delete_message" });
    for (const step of script) {
      const device = deviceOf(step.userId);
      if (!device || !options.isOn()) continue;
      // What follows builds upon it: taking back a reaction that was never stored is acked and is no change.
      if (!(await make(device, step)) && !step.isForeign) return;
    }
  }

  return {
    acked(send, seq) {
      const isFirst = send.attempts.filter(({ outcome }) => outcome === "ok").length === 1;
      if (!options.isOn() || send.purpose !== "message" || !isFirst || random.next() >= options.chance)
        return;
      underWay += 1;
      void happenTo(send, seq).finally(() => {
        underWay -= 1;
      });
    },
    isIdle: () => underWay === 0,
  };
}
