import * as z from "zod/mini";
import { textProblem } from "./content.ts";
import { userId } from "./ids.ts";
import { type Role, roles } from "./shapes.ts";

/**
 * Channels: live updates that are not chat. A host's back end publishes to `project:42`; the people who may and who
 * have subscribed receive it, in the order of the channel's own gapless numbers (`cursor`).
 */

/** `type:id`. `user:<id>` is that person's own, `role:<role>` belongs to everyone with that role. */
export const channelNamePattern = /^[a-z][a-z0-9_-]{0,31}:[A-Za-z0-9._:@-]{1,128}$/;
export const channelName = z.string().check(z.regex(channelNamePattern));
export const channelEventName = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9._:-]{0,63}$/));

export type ChannelPayload = Record<string, unknown>;

export interface ChannelEvent {
  channel: string;
  event: string;
  payload: ChannelPayload;
  /** 1, 2, 3 … without gaps within the channel: the only order there is. */
  cursor: number;
}

export interface ChannelPage {
  /** The channel's newest cursor. */
  cursor: number;
  /** Ascending, from the event after `after` on and without a gap; nothing without `after`. */
  events: ChannelEvent[];
  /**
   * `events` reaches up to `cursor`. False with events: ask again from the last one. False without: what follows
   * `after` is not kept any more, or never was; reload what the channel tells about and go on from `cursor`.
   */
  complete: boolean;
}

/** Kept per channel: the newest so many, for so long. */
export const channelHistory = { events: 1_000, days: 7 } as const;
/** Events in one answer to `subscribe`; fewer when they are large. */
export const maxChannelPage = 200;
/** Channels of one socket. */
export const maxChannels = 100;
/** Names in the `channels` claim of a token. */
export const maxChannelGrants = 50;

export const maxPayloadBytes = 16_384;
const deepest = 16;

/** Whatever is wrong with a payload but its size, or null. */
export function payloadProblem(payload: unknown): string | null {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return "must be an object";
  return valueProblem(payload, deepest);
}

function valueProblem(value: unknown, levels: number): string | null {
  if (typeof value === "string") return textProblem(value)?.message ?? null;
  // 1e999 is JSON, but reads as infinity and would be written as null.
  if (typeof value === "number") return Number.isFinite(value) ? null : "numbers must be finite";
  if (typeof value !== "object" || value === null) return null;
  if (levels === 0) return `must not be nested deeper than ${deepest} levels`;
  for (const [key, inner] of Object.entries(value)) {
    // A subscriber that merges what it receives would change the prototype of its objects.
    if (key === "__proto__") return "must not have a key __proto__";
    const problem = textProblem(key)?.message ?? valueProblem(inner, levels - 1);
    if (problem !== null) return problem;
  }
  return null;
}

export const channelPayload = z.custom<ChannelPayload>((value) => payloadProblem(value) === null, {
  error: ({ input }) => payloadProblem(input) ?? "is not valid",
});

export const channelParams = z.strictObject({ name: channelName });
export const channelMemberParams = z.strictObject({ name: channelName, userId });

/** Names an event for every retry: a repeat is answered with the first one's cursor. */
export const eventId = z.optional(z.string().check(z.regex(/^[A-Za-z0-9._:@-]{1,128}$/)));

export const publishBody = z.strictObject({
  event: channelEventName,
  payload: channelPayload,
  eventId,
});
export type PublishBody = z.infer<typeof publishBody>;

export interface PublishReceipt {
  cursor: number;
  /** This eventId was published before, with the same event and payload. */
  duplicate: boolean;
}

export const line = (max: number) =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(max),
    z.refine((text) => textProblem(text) === null, "not well-formed text"),
  );

export const announcementBody = z.strictObject({
  role: z.optional(z.enum(roles)),
  title: line(200),
  message: line(4_000),
});

export interface Announcement {
  title: string;
  message: string;
}

/** Whether someone may subscribe without having been provisioned. */
export function ownsChannel(name: string, person: { userId: string; role: Role | string }): boolean {
  return name === `user:${person.userId}` || name === `role:${person.role}`;
}
