import type { Client } from "@parloir/client/core/client.ts";
import { asCodedError } from "@parloir/client/core/link.ts";
import type { SupportList } from "@parloir/client/core/support/support-list.ts";
import type { Team } from "@parloir/client/core/support/team.ts";
import type { CodedError } from "@parloir/contracts/errors.ts";
import type { Conversation, SharedConversation } from "@parloir/contracts/shapes.ts";
import type { Notices } from "./notices.tsx";
import type { ConsoleTexts } from "./texts.ts";

export type StatusAction = "close" | "pending" | "reopen";

type Many = readonly SharedConversation[];

/** What agents do with conversations: told when it is done, explained when it is not. */
export interface Actions {
  assign(conversation: SharedConversation, assigneeId: string | null): Promise<void>;
  setStatus(conversation: SharedConversation, action: StatusAction): Promise<void>;
  /** The same with many, a few at a time. Answers with those it was done with. */
  assignAll(conversations: Many, assigneeId: string | null): Promise<Many>;
  setStatusOfAll(conversations: Many, action: StatusAction): Promise<Many>;
}

/** Under the limits of one person, and quick enough for hundreds. */
const atOnce = 4;
const longestPauseMs = 10_000;

export function createActions(options: {
  client: Client;
  list: () => SupportList;
  team: Team;
  notices: Notices;
  me: string;
  texts: () => ConsoleTexts;
}): Actions {
  const { client, team, notices, me, texts } = options;

  async function post(id: string, action: string, body?: object): Promise<void> {
    const path = `/api/messages/conversations/${encodeURIComponent(id)}/${action}`;
    options.list().put(await client.rest<Conversation>("POST", path, body));
  }

  const nameOf = (userId: string) =>
    team.state.getSnapshot().desks.find((each) => each.userId === userId)?.name ?? userId;

  const assignOne = ({ id, assigneeId }: SharedConversation, wanted: string | null) =>
    post(id, "assign", { assigneeId: wanted, expected: assigneeId });

  /** Somebody was quicker. That is no error: it says who, since when, and offers to take it over. */
  function explain(error: CodedError, conversation: SharedConversation, wanted: string | null): void {
    const t = texts();
    const { present } = error;
    if (error.code !== "CONFLICT" || present === undefined) {
      notices.say(t.failed(error.code), { tone: "error" });
      return;
    }
    const at = team.assignedAt(conversation.id);
    const seconds = at === null ? null : Math.round((Date.now() - at) / 1_000);
    notices.say(present === null ? t.givenBack : t.taken(nameOf(present), seconds), {
      action: {
        label: wanted === me ? t.takeOver : t.assignAnyway,
        run: () => void actions.assign({ ...conversation, assigneeId: present }, wanted),
      },
    });
  }

  async function attempt(
    work: () => Promise<void>,
    explainError: (error: CodedError) => void,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      explainError(asCodedError(error));
    }
  }

  function undo(conversations: Many): void {
    const work = (each: SharedConversation) => post(each.id, "reopen", { undo: true });
    void attempt(
      () => all(conversations, work).then(({ failed: [first] }) => first && Promise.reject(first.error)),
      (error) =>
        notices.say(error.code === "CONFLICT" ? texts().undoTooLate : texts().failed(error.code), {
          tone: "error",
        }),
    );
  }

  function say(text: string, action: StatusAction, done: Many): void {
    const canUndo = action === "close" && done.length > 0;
    notices.say(text, canUndo ? { action: { label: texts().undo, run: () => undo(done) } } : {});
  }

  /** Why it was not done with all: who has those that others were quicker with, and what else went wrong. */
  function explainMany(failed: readonly Failure<SharedConversation>[], wanted: string | null): void {
    const t = texts();
    const taken = failed.filter(({ error }) => error.code === "CONFLICT" && error.present !== undefined);
    if (taken.length > 0) {
      const holders = Map.groupBy(taken, ({ error }) => error.present ?? null);
      const told = [...holders].map(([holder, { length }]) =>
        holder === null ? t.givenBackCount(length) : t.hasCount(nameOf(holder), length),
      );
      const anyway = taken.map(({ item, error }) => ({ ...item, assigneeId: error.present ?? null }));
      notices.say(t.takenMany(taken.length, told.join(", ")), {
        action: {
          label: wanted === me ? t.takeOver : t.assignAnyway,
          run: () => void actions.assignAll(anyway, wanted),
        },
      });
    }
    const others = Map.groupBy(
      failed.filter((each) => !taken.includes(each)),
      ({ error }) => error.code,
    );
    for (const [code, { length }] of others)
      notices.say(t.failedSome(length, t.failed(code)), { tone: "error" });
  }

  async function many(
    conversations: Many,
    work: (one: SharedConversation) => Promise<void>,
    told: (done: Many) => void,
    wanted: string | null = null,
  ): Promise<Many> {
    const { done, failed } = await all(conversations, work);
    if (done.length > 0) told(done);
    explainMany(failed, wanted);
    return done;
  }

  const actions: Actions = {
    assign: (conversation, assigneeId) =>
      attempt(
        () => assignOne(conversation, assigneeId),
        (error) => explain(error, conversation, assigneeId),
      ),
    setStatus: (conversation, action) =>
      attempt(
        async () => {
          await post(conversation.id, action);
          say(texts().done[action](1), action, [conversation]);
        },
        (error) => notices.say(texts().failed(error.code), { tone: "error" }),
      ),
    assignAll: (conversations, assigneeId) =>
      many(
        conversations,
        (one) => assignOne(one, assigneeId),
        (done) => notices.say(texts().assignedMany(done.length)),
        assigneeId,
      ),
    setStatusOfAll: (conversations, action) =>
      many(
        conversations,
        (one) => post(one.id, action),
        (done) => say(texts().done[action](done.length), action, done),
      ),
  };
  return actions;
}

interface Failure<Item> {
  item: Item;
  error: CodedError;
}

interface Outcome<Item> {
  done: Item[];
  failed: Failure<Item>[];
}

/** A few at a time; when the server says that it is too fast, later. */
export async function all<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<Outcome<Item>> {
  const left = [...items];
  const outcome: Outcome<Item> = { done: [], failed: [] };
  async function run(): Promise<void> {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await patiently(() => work(item!));
        outcome.done.push(item);
      } catch (error) {
        outcome.failed.push({ item, error: asCodedError(error) });
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run));
  return outcome;
}

async function patiently(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (thrown) {
      const { code, retryAfterMs = longestPauseMs } = asCodedError(thrown);
      if (code !== "RATE_LIMITED") throw thrown;
      await new Promise((done) => setTimeout(done, Math.min(retryAfterMs, longestPauseMs)));
    }
  }
}
