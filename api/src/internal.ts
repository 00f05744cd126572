import { CodedError } from "@parloir/contracts/errors.ts";
import type { SendReceipt, SyncItem } from "@parloir/contracts/events.ts";
import { maxAutomaticJoins } from "@parloir/contracts/events.ts";
import type {
  Callee,
  ItemResult,
  Members,
  ReadItem,
  SendItem,
  Session,
  SessionItem,
  StandingItem,
} from "@parloir/contracts/internal.ts";
import type { Message, Role } from "@parloir/contracts/shapes.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { InternalHandlers } from "@parloir/platform/private-server.ts";
import { findCallees } from "@parloir/store/calls.ts";
import { openCanaryConversation } from "@parloir/store/canary.ts";
import { findSubscribers, readChannelPages } from "@parloir/store/channels.ts";
import { readEpoch } from "@parloir/store/cluster-state.ts";
import { headsOfPeople } from "@parloir/store/conversations.ts";
import type { Database } from "@parloir/store/database.ts";
import { findMembers } from "@parloir/store/members.ts";
import { type MessagePage, readPages } from "@parloir/store/messages.ts";
import { mayJoinTeams } from "@parloir/store/notes.ts";
import { findKnown, recognisePeople, rolesOf, visiblePeople } from "@parloir/store/people.ts";
import { removalsSince } from "@parloir/store/removals.ts";
import { revocationsSince } from "@parloir/store/standing.ts";
import type { Submit } from "./answers.ts";
import { changeReached } from "./change-reached.ts";
import type { ApplyChange } from "./changes.ts";
import type { RecordCalls } from "./ended-calls.ts";
import { answerChannelHeads, answerHeads } from "./heads.ts";
import { failed, ok } from "./item-results.ts";
import type { MarkRead } from "./marks.ts";
import { refuseRevoked } from "./standing.ts";

/** The gateways' side of the api. Each handler takes a batch and settles item by item. */
export function createInternalHandlers(options: {
  database: Database;
  submit: Submit;
  change: ApplyChange;
  markRead: MarkRead;
  recordCalls: RecordCalls;
  log: Log;
}): InternalHandlers {
  const { database, submit } = options;
  const epoch = createEpochReader(database);
  const notFound = failed(new CodedError("NOT_FOUND", "no such conversation"));
  const noPerson = failed(new CodedError("NOT_FOUND", "no such person"));
  return {
    async send({ items }) {
      const results = await Promise.all(items.map((item) => send(submit, item)));
      return { epoch: await epoch.recent(), results };
    },
    async marks({ items }) {
      return { epoch: await epoch.recent(), results: await options.markRead(items) };
    },
    async sessions({ items }) {
      const results = await openSessions(database, items);
      return { epoch: await epoch.recent(), results };
    },
    async read({ items }) {
      const pages = await readPages(database, items);
      const results = items.map((item, index): ItemResult<SyncItem & { roster: number }> => {
        const page = pages[index];
        return page ? { ok: true, data: { ...syncItem(item, page), roster: page.roster } } : notFound;
      });
      return { epoch: await epoch.recent(), results };
    },
    async change({ items }) {
      const results = await Promise.all(
        items.map((item) =>
          options.change(item).then(
            ({ message }): ItemResult<Message> => ({ ok: true, data: message }),
            (error: unknown) => failed(error),
          ),
        ),
      );
      return { epoch: await epoch.recent(), results };
    },
    async members({ items }) {
      const found = await findMembers(database, items);
      const results = found.map(
        (members): ItemResult<Members> => (members ? { ok: true, data: members } : notFound),
      );
      return { epoch: await epoch.recent(), results };
    },
    async team({ items }) {
      const may = await mayJoinTeams(database, items);
      const results = may.map(
        (yes): ItemResult<Record<string, never>> => (yes ? { ok: true, data: {} } : notFound),
      );
      return { epoch: await epoch.recent(), results };
    },
    async roles({ items }) {
      const roles = await rolesOf(
        database,
        items.map((item) => item.userId),
      );
      const results = items.map(({ userId }): ItemResult<{ role: Role }> => {
        const role = roles.get(userId);
        return role ? { ok: true, data: { role } } : noPerson;
      });
      return { epoch: await epoch.recent(), results };
    },
    async standings({ items }) {
      const results = await Promise.all(items.map((item) => judge(database, item)));
      return { epoch: await epoch.recent(), results };
    },
    async revocations({ items }) {
      const results = await Promise.all(
        items.map(
          async ({ since }) => ({ ok: true, data: await revocationsSince(database, since) }) as const,
        ),
      );
      return { epoch: await epoch.recent(), results };
    },
    async canary({ items }) {
      const results = await Promise.all(
        items.map(async ({ userId }) =>
          ok({ conversationId: await openCanaryConversation(database, userId) }),
        ),
      );
      return { epoch: await epoch.recent(), results };
    },
    async removals({ items }) {
      const results = await Promise.all(
        items.map(async ({ since }) => ({ ok: true, data: await removalsSince(database, since) }) as const),
      );
      return { epoch: await epoch.recent(), results };
    },
    async callee({ items }) {
      const found = await findCallees(database, items);
      const results = found.map(
        (answer): ItemResult<Callee> => (answer instanceof CodedError ? failed(answer) : ok(answer)),
      );
      return { epoch: await epoch.recent(), results };
    },
    async endedCalls({ items }) {
      return { epoch: await epoch.recent(), results: await options.recordCalls(items) };
    },
    async visible({ items }) {
      const seen = await visiblePeople(database, items);
      const results = seen.map(
        (userIds): ItemResult<{ userIds: string[] }> => ({ ok: true, data: { userIds } }),
      );
      return { epoch: await epoch.recent(), results };
    },
    async subscribers({ items }) {
      const results = (await findSubscribers(database, items)).map(ok);
      return { epoch: await epoch.recent(), results };
    },
    async channelRead({ items }) {
      const results = (await readChannelPages(database, items)).map(ok);
      return { epoch: await epoch.recent(), results };
    },
    async channelHeads({ items }) {
      const results = (await answerChannelHeads(database, options.log, items)).map(ok);
      return { epoch: await epoch.fresh(), results };
    },
    async heads({ items }) {
      const results = await answerHeads(database, options.log, items);
      // The answer may be the first of a new epoch.
      return { epoch: await epoch.fresh(), results };
    },
  };
}

async function send(submit: Submit, item: SendItem): Promise<ItemResult<SendReceipt>> {
  try {
    const { change: _, mentions: __, attachments: ___, ...receipt } = await submit(item);
    return { ok: true, data: receipt };
  } catch (error) {
    return failed(error);
  }
}

async function openSessions(database: Database, items: SessionItem[]): Promise<ItemResult<Session>[]> {
  const people = await recognisePeople(
    database,
    items.map(({ userId: id, name, email, role }) => ({ id, name, email, role })),
  );
  const heads = await headsOfPeople(
    database,
    items.map((item) => item.userId),
    maxAutomaticJoins,
  );
  return people.map((known, index) => {
    const { person } = known;
    try {
      refuseRevoked(known, items[index]!.issuedAt);
    } catch (error) {
      return failed(error);
    }
    const { id: userId, role, email = null } = person;
    return { ok: true, data: { userId, role, email, conversations: heads.get(userId) ?? [] } };
  });
}

async function judge(
  database: Database,
  { userId, issuedAt }: StandingItem,
): Promise<ItemResult<Record<string, never>>> {
  try {
    const known = await findKnown(database, userId);
    if (known) refuseRevoked(known, issuedAt);
    return { ok: true, data: {} };
  } catch (error) {
    return failed(error);
  }
}

/** What a cursor misses. A cursor beyond the head belongs to another history: the client must reload. */
function syncItem(item: ReadItem, page: MessagePage): SyncItem {
  const { conversationId, after = 0, change = 0 } = item;
  const { messages, lastSeq } = page;
  if (after > lastSeq || change > page.lastChange) {
    const { lastChange } = page;
    return { conversationId, messages: [], lastSeq, lastChange, complete: false, reset: true };
  }
  const { lastChange, isCut } = changeReached(page, item);
  const newest = messages.at(-1)?.seq ?? 0;
  const reached = Math.max(after, page.floor, newest);
  return { conversationId, messages, lastSeq, lastChange, complete: !isCut && reached >= lastSeq };
}

/** The epoch changes only when a database is restored: `recent` is a second old at most. */
function createEpochReader(database: Database) {
  const recentMs = 1_000;
  let known: { epoch: Promise<string>; at: number } | undefined;

  function fresh(): Promise<string> {
    const epoch = readEpoch(database);
    known = { epoch, at: performance.now() };
    epoch.catch(() => {
      known = undefined;
    });
    return epoch;
  }

  return { fresh, recent: () => (known && performance.now() - known.at <= recentMs ? known.epoch : fresh()) };
}
