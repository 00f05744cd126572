import type { SyncItem } from "@parloir/contracts/events.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestPerson } from "./cluster.ts";
import type { TestSocket } from "./socket.ts";

const cluster = await startCluster({ gateways: 3, apis: 2 });
afterAll(() => cluster.stop());

const conversationsPerRun = 3;

const ways = ["edit", "delete", "react", "react back"] as const;

type Step =
  | { do: "send"; conversation: number; via: number; count: number }
  | { do: "change"; conversation: number; via: number; pick: number; how: (typeof ways)[number] }
  | { do: "disconnect" }
  | { do: "connect"; gateway: number; sync: boolean }
  | { do: "sync" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      conversation: fc.nat(conversationsPerRun - 1),
      via: fc.nat(2),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      conversation: fc.nat(conversationsPerRun - 1),
      via: fc.nat(2),
      pick: fc.nat(),
      how: fc.constantFrom(...ways),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("disconnect" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("connect" as const), gateway: fc.nat(2), sync: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sync" as const) }) },
);

/**
 * The least that a client must do: keep by seq what comes, of two versions the one with the higher change, and ask from
 * the end of what it has without a gap. Its `change` moves with the answers of sync, and with the next change pushed.
 */
class Device {
  private readonly known: Map<string, Map<number, Message>>;
  private readonly changes = new Map<string, number>();
  private socket: TestSocket | null = null;
  private readonly person: TestPerson;

  constructor(person: TestPerson, conversationIds: string[]) {
    this.person = person;
    this.known = new Map(conversationIds.map((id) => [id, new Map()]));
  }

  async connect(gateway: number): Promise<void> {
    this.disconnect();
    this.socket = await cluster.socket(this.person, gateway);
  }

  disconnect(): void {
    if (!this.socket) return;
    this.absorb();
    this.socket.close();
    this.socket = null;
  }

  /** Takes over what was pushed; the order of pushes within this connection is checked on the way. */
  private absorb(): void {
    for (const [id, messages] of this.known) {
      const pushed = this.socket?.messagesSoFar(id) ?? [];
      const first = pushed[0]?.seq ?? 0;
      expect(pushed.map((message) => message.seq)).toEqual(pushed.map((_, index) => first + index));
      for (const message of pushed) keep(messages, message);
      this.absorbChanges(id);
    }
  }

  /** Pushed changes rise; where one is not the next, `change` stays and the next sync asks from there. */
  private absorbChanges(id: string): void {
    const isOurs = ({ conversationId }: Message) => conversationId === id;
    const updates = this.socket?.all("message_updated").filter(isOurs) ?? [];
    const rising = updates.map(({ change }) => change);
    expect(rising).toEqual([...new Set(rising)].toSorted((a, b) => a - b));
    for (const message of updates) keep(this.known.get(id)!, message);
    const all = [...updates, ...(this.socket?.messagesSoFar(id) ?? [])].map(({ change }) => change);
    const seen = new Set(all);
    let change = this.changes.get(id) ?? 0;
    while (seen.has(change + 1)) change += 1;
    this.changes.set(id, change);
  }

  private cursor(id: string): { seq: number; change: number } {
    let seq = 0;
    while (this.known.get(id)!.has(seq + 1)) seq += 1;
    return { seq, change: this.changes.get(id) ?? 0 };
  }

  async sync(): Promise<void> {
    if (!this.socket) return;
    let open = [...this.known.keys()];
    while (open.length > 0) {
      this.absorb();
      const cursors = Object.fromEntries(open.map((id) => [id, this.cursor(id)]));
      const { conversations } = await this.socket.ok("sync", { cursors });
      expect(conversations.map((item) => item.conversationId)).toEqual(open);
      for (const item of conversations) this.take(item, cursors[item.conversationId]!);
      open = conversations.filter((item) => !item.complete).map((item) => item.conversationId);
    }
  }

  /** «Exactly what is missing»: older ones by change, then cursor+1, cursor+2, … and, when complete, up to lastSeq. */
  private take(item: SyncItem, cursor: { seq: number; change: number }): void {
    expect(item.reset).toBeUndefined();
    const older = item.messages.filter(({ seq }) => seq <= cursor.seq).map(({ change }) => change);
    expect(older).toEqual([...new Set(older)].toSorted((a, b) => a - b));
    for (const change of older) expect(change).toBeGreaterThan(cursor.change);
    const fresh = item.messages.slice(older.length);
    expect(fresh.map(({ seq }) => seq)).toEqual(fresh.map((_, index) => cursor.seq + 1 + index));
    if (item.complete) expect(cursor.seq + fresh.length).toBe(item.lastSeq);
    for (const message of item.messages) keep(this.known.get(item.conversationId)!, message);
    this.changes.set(item.conversationId, item.lastChange);
  }

  /** Everything it has, once a message with this seq has been pushed to it. */
  async stateAfterPush(id: string, seq: number): Promise<Message[]> {
    await this.socket!.waitFor(
      "new_message",
      (message) => message.conversationId === id && message.seq === seq,
    );
    this.absorb();
    return [...this.known.get(id)!.values()].sort((a, b) => a.seq - b.seq);
  }
}

function keep(messages: Map<number, Message>, message: Message): void {
  if (message.change > (messages.get(message.seq)?.change ?? 0)) messages.set(message.seq, message);
}

async function freshRead(person: TestPerson, id: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const path = `/api/messages?conversationId=${id}&after=${messages.length}&limit=200`;
    const page = await cluster.call<{ messages: Message[] }>(person, "GET", path);
    if (page.messages.length === 0) return messages;
    messages.push(...page.messages);
  }
}

async function scene(from: Cluster) {
  const [ana, ben] = [await from.person("ana"), await from.person("ben")];
  const ids = await Promise.all(
    Array.from({ length: conversationsPerRun }, async () => {
      const body = { kind: "group", memberIds: [ben.id] };
      return (await from.call<{ id: string }>(ana, "POST", "/api/messages/conversations", body)).id;
    }),
  );
  const senders = await Promise.all([0, 1, 2].map((gateway) => from.socket(ana, gateway)));
  return { ben, ids, senders };
}

/** Of any message that there may be by now; where there is none, or it is deleted, that is the answer. */
async function alter(
  socket: TestSocket,
  conversationId: string,
  step: Step & { do: "change" },
): Promise<void> {
  const at = { conversationId, seq: 1 + (step.pick % 8) };
  if (step.how === "edit") await socket.emit("edit_message", { ...at, content: `edited ${step.pick}` });
  else if (step.how === "delete") await socket.emit("delete_message", at);
  else await socket.emit("react", { ...at, emoji: "👍", on: step.how === "react" });
}

describe("old state plus sync plus events", () => {
  it("equals a fresh read, whatever the order of sends, changes, absences and gateways", {
    timeout: 180_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.nat(2),
        async (steps, lastGateway) => {
          const { ben, ids, senders } = await scene(cluster);
          const device = new Device(ben, ids);
          const pending: Promise<unknown>[] = [];
          for (const each of steps) {
            if (each.do === "send") {
              // Not awaited: sends race with what the device does next.
              const { via, conversation, count } = each;
              for (let n = 0; n < count; n++) pending.push(cluster.send(senders[via]!, ids[conversation]!));
            } else if (each.do === "change")
              pending.push(alter(senders[each.via]!, ids[each.conversation]!, each));
            else if (each.do === "disconnect") device.disconnect();
            else if (each.do === "sync") await device.sync();
            else {
              await device.connect(each.gateway);
              if (each.sync) await device.sync();
            }
          }
          // Back for good, with sends still under way: one sync, and from then on events alone.
          await device.connect(lastGateway);
          await device.sync();
          await Promise.all(pending);
          for (const id of ids) {
            const { seq } = await cluster.send(senders[0]!, id, "the last one");
            expect(await device.stateAfterPush(id, seq)).toEqual(await freshRead(ben, id));
          }
          device.disconnect();
          for (const sender of senders) sender.close();
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
