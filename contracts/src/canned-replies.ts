import * as z from "zod/mini";
import { locale, pageCursor, pageLimit, shortText } from "./http.ts";
import { uuid } from "./ids.ts";

/** What a canned reply may stand a value in for. `docs/protocol.md` lists these and a test holds the two together. */
export const placeholders = {
  "customer.name": "whose support conversation it is",
  "agent.name": "who answers",
  "subject.title": "what the conversation is about",
  "subject.id": "the same, by the host's id",
} as const;
export type Placeholder = keyof typeof placeholders;

const pattern = /\{([a-z]+\.[A-Za-z]+)\}/g;

function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(placeholders, name);
}

/** Puts the values in. What has none stays as it stands, so that the agent sees it before the customer does. */
export function fillPlaceholders(content: string, values: Partial<Record<Placeholder, string>>): string {
  return content.replace(pattern, (whole, name: string) => (isPlaceholder(name) && values[name]) || whole);
}

const content = z.string().check(
  z.refine(
    (text) => {
      return [...text.matchAll(pattern)].every(([, name]) => isPlaceholder(name!));
    },
    `unknown placeholder: there are ${Object.keys(placeholders).join(", ")}`,
  ),
);

const fields = {
  /** Without the «/» that agents type before it; the same in every language and case. */
  shortcut: z.string().check(z.toLowerCase(), z.regex(/^[a-z0-9][a-z0-9_-]{0,31}$/)),
  title: shortText(100),
  /** The text is judged by `contentProblem`, as a message's. */
  content,
  /** Null: for every language. */
  locale: z.nullable(locale),
};

export const createCannedReplyBody = z.strictObject({ ...fields, locale: z.optional(fields.locale) });
export type NewCannedReply = z.infer<typeof createCannedReplyBody>;

export const changeCannedReplyBody = z
  .strictObject({
    shortcut: z.optional(fields.shortcut),
    title: z.optional(fields.title),
    content: z.optional(fields.content),
    locale: z.optional(fields.locale),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, "nothing to change"));
export type CannedReplyChange = z.infer<typeof changeCannedReplyBody>;

export const cannedReplyParams = z.strictObject({ id: uuid });
/** `q`: in shortcut, title or text. `locale`: of that language, and those of none. */
export const listCannedRepliesQuery = z.strictObject({
  q: z.optional(shortText(200)),
  locale: z.optional(locale),
  cursor: pageCursor,
  limit: pageLimit,
});

export interface CannedReply {
  id: string;
  shortcut: string;
  title: string;
  content: string;
  locale: string | null;
  updatedBy: string;
  createdAt: string;
  updatedAt: string;
}
