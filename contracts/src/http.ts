import * as z from "zod/mini";
import { channelName, maxChannelGrants } from "./channels.ts";
import { sendMessagePayload } from "./commands.ts";
import { textProblem } from "./content.ts";
import { emoji } from "./emoji.ts";
import { clientMessageId, clientNoteId, seq, userId, uuid } from "./ids.ts";
import type { Message } from "./shapes.ts";
import { conversationKinds, conversationStatuses, roles, supportViews } from "./shapes.ts";
import { moment } from "./time.ts";

/** Bodies and queries of every REST route. Query values arrive as strings. */

/** Postgres stores no NUL, and a lone surrogate would come back as another text. */
export const storable = z.refine<string>((text) => textProblem(text) === null, "not well-formed text");
export const shortText = (max: number) =>
  z.string().check(z.trim(), z.minLength(1), z.maxLength(max), storable);
const httpsUrl = z.url({ protocol: /^https?$/ }).check(z.maxLength(2_048), storable);
export const wholeNumber = (min: number, max: number) =>
  z.pipe(
    z.pipe(z.string().check(z.regex(/^\d{1,16}$/)), z.transform(Number)),
    z.int().check(z.minimum(min), z.maximum(max)),
  );

export const pageCursor = z.optional(z.string().check(z.maxLength(512)));
export const pageLimit = z.optional(wholeNumber(1, 200));

export const locale = z.string().check(z.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/));

export const putUserBody = z.strictObject({
  name: shortText(200),
  email: z.optional(z.email().check(z.maxLength(320))),
  role: z.optional(z.enum(roles)),
  avatarUrl: z.optional(httpsUrl),
  locale: z.optional(locale),
});
export type PutUserBody = z.infer<typeof putUserBody>;

export const maxTokenTtlSeconds = 86_400;
export const createTokenBody = z.strictObject({
  userId,
  ttlSeconds: z.optional(z.int().check(z.minimum(1), z.maximum(maxTokenTtlSeconds))),
  /** What the person may subscribe to by this token, besides what they are provisioned for. */
  channels: z.optional(z.array(channelName).check(z.maxLength(maxChannelGrants))),
});

const subject = z.strictObject({
  type: z.string().check(z.regex(/^[a-z][a-z0-9_-]{0,31}$/)),
  id: shortText(128),
  title: shortText(300),
});

export const createConversationBody = z.strictObject({
  kind: z.optional(z.enum(conversationKinds)),
  recipientId: z.optional(userId),
  memberIds: z.optional(z.array(userId).check(z.minLength(1), z.maxLength(100))),
  subject: z.optional(subject),
  adId: z.optional(shortText(128)),
  adTitle: z.optional(shortText(300)),
});
export type CreateConversationBody = z.infer<typeof createConversationBody>;

export const listConversationsQuery = z.strictObject({
  status: z.optional(z.enum(conversationStatuses)),
  kind: z.optional(z.enum(conversationKinds)),
  view: z.optional(z.enum(supportViews)),
  q: z.optional(shortText(200)),
  archived: z.optional(z.enum(["true", "false"])),
  cursor: pageCursor,
  limit: pageLimit,
});

/** A cursor holds the beginning of a name and an id, in any script. */
export const searchDirectoryQuery = z.strictObject({
  q: z.optional(shortText(100)),
  cursor: pageCursor,
  limit: pageLimit,
});

export const blockParams = z.strictObject({ userId });
export const listBlocksQuery = z.strictObject({
  cursor: pageCursor,
  limit: pageLimit,
});

export const conversationParams = z.strictObject({ id: uuid });
export const userParams = z.strictObject({ id: userId });

export const banBody = z.strictObject({ reason: z.optional(shortText(300)) });

/** A time mutes until then, null ends it; without `until` it lasts until somebody ends it. */
export const muteBody = z.strictObject({
  until: z.optional(z.nullable(moment)),
});

export const addMemberBody = z.strictObject({ userId });
export const memberParams = z.strictObject({ id: uuid, userId });

/** Compare-and-set: refused with CONFLICT unless `expected` has it at this moment. */
export const assignBody = z.strictObject({
  assigneeId: z.nullable(userId),
  expected: z.nullable(userId),
});

/** `undo` takes a closing back that is not older than this, as if it had not been. */
export const undoSeconds = 60;
export const reopenBody = z.strictObject({ undo: z.optional(z.boolean()) });

/** The text is judged by `contentProblem`, as a message's. */
export const addNoteBody = z.strictObject({ clientNoteId, content: z.string() });
export const listNotesQuery = z.strictObject({ cursor: pageCursor, limit: pageLimit });

export const listAgentsQuery = z.strictObject({ cursor: pageCursor, limit: pageLimit });

export const markReadBody = z.strictObject({ seq });

export const attachmentParams = z.strictObject({ id: uuid });

export const defaultPageSize = 50;
export const historyQuery = z
  .strictObject({
    conversationId: uuid,
    after: z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    before: z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    change: z.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    page: z.optional(wholeNumber(1, 1_000_000)),
    limit: z.optional(wholeNumber(1, 200)),
  })
  .check(
    z.refine(
      (query) => [query.after, query.before, query.page].filter((value) => value !== undefined).length <= 1,
      "after, before and page exclude each other",
    ),
    z.refine((query) => query.change === undefined || query.after !== undefined, "change needs after"),
  );
export type HistoryQuery = z.infer<typeof historyQuery>;

/** As UTC with milliseconds. Years that Postgres does not know are refused. */
const instant = z.pipe(
  z.pipe(
    z.iso.datetime({ offset: true }),
    z.transform((text) => new Date(text)),
  ),
  z.pipe(
    z.date().check(z.refine((time) => time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999)),
    z.transform((time) => time.toISOString()),
  ),
);

export const searchQuery = z
  .strictObject({
    q: shortText(200),
    conversationId: z.optional(uuid),
    senderId: z.optional(userId),
    subjectType: z.optional(subject.shape.type),
    subjectId: z.optional(subject.shape.id),
    status: z.optional(z.enum(conversationStatuses)),
    from: z.optional(instant),
    to: z.optional(instant),
    cursor: z.optional(z.string().check(z.maxLength(512))),
    limit: z.optional(wholeNumber(1, 200)),
  })
  .check(
    z.refine(
      ({ subjectType, subjectId }) => (subjectType === undefined) === (subjectId === undefined),
      "subjectType and subjectId belong together",
    ),
    z.refine(({ from, to }) => from === undefined || to === undefined || from <= to, "from is after to"),
  );

export const sendMessageBody = sendMessagePayload;

export const messageParams = z.strictObject({
  conversationId: uuid,
  seq: wholeNumber(1, Number.MAX_SAFE_INTEGER),
});
export const reactionParams = z.strictObject({
  conversationId: uuid,
  seq: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  emoji,
});
export const editMessageBody = z.strictObject({ content: z.string() });
export { clientMessageId };

export interface HistoryPage {
  /** With `change` the older ones that changed come first, as in `sync`. */
  messages: Message[];
  lastSeq: number;
  /** As of `sync`: the `change` to ask with next. */
  lastChange: number;
  hasMore: boolean;
}

export interface UnreadSummary {
  total: number;
  conversations: Record<string, number>;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface DemoAccount {
  id: string;
  name: string;
  role: string;
  locale: string;
  /** What this person is in the demonstration, in the viewer's language. */
  title: { en: string; fr: string };
}

/** Where a file may be read without a token, for some minutes. Relative to the cluster's address. */
export interface AttachmentLink {
  url: string;
  thumbnailUrl?: string;
  expiresAt: string;
}
