import * as z from "zod/mini";
import { pageCursor, pageLimit } from "./http.ts";
import { userId } from "./ids.ts";
import type { Agent, ConversationStatus, Subject } from "./shapes.ts";
import type { WaitLine } from "./stats.ts";

/** How the team works: what agents take at a time, how conversations reach them, and what they know of a customer. */

/**
 * - `off`: agents take conversations themselves.
 * - `round_robin`: in turn, whose turn was longest ago.
 * - `least_busy`: to whom has the fewest open ones, and among these in turn.
 */
export const assignmentModes = ["off", "round_robin", "least_busy"] as const;
export type AssignmentMode = (typeof assignmentModes)[number];

export interface SupportSettings {
  assignment: AssignmentMode;
  /** Open conversations at a time, of an agent who has no capacity of their own. */
  defaultCapacity: number;
}

const capacity = z.int().check(z.minimum(0), z.maximum(1_000));

export const changeSupportSettingsBody = z
  .strictObject({
    assignment: z.optional(z.enum(assignmentModes)),
    defaultCapacity: z.optional(capacity),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, "nothing to change"));
export type SupportSettingsChange = z.infer<typeof changeSupportSettingsBody>;

/** An agent's place in the team. Who is online is asked by `watch_presence`. */
export interface Desk extends Agent {
  capacity: number;
  /** Whether conversations are given to them by themselves. */
  accepting: boolean;
  /** Open conversations that they have. */
  open: number;
}

export const deskParams = z.strictObject({ userId });
export const listDesksQuery = z.strictObject({ cursor: pageCursor, limit: pageLimit });
/** Null: as everybody. */
export const changeDeskBody = z
  .strictObject({
    capacity: z.optional(z.nullable(capacity)),
    accepting: z.optional(z.boolean()),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, "nothing to change"));
export type DeskChange = z.infer<typeof changeDeskBody>;

export interface Customer {
  userId: string;
  name: string;
  email: string | null;
  avatarUrl: string | null;
  locale: string | null;
  firstSeenAt: string;
}

/** Another conversation of the same customer. */
export interface EarlierConversation {
  id: string;
  subject: Subject | null;
  status: ConversationStatus;
  assigneeId: string | null;
  createdAt: string;
  updatedAt: string;
}

/** What an agent is shown beside a support conversation. */
export interface CustomerContext {
  customer: Customer;
  /** Newest activity first, 20 at most; `total` counts all of them. */
  earlier: EarlierConversation[];
  total: number;
  /** What the customer waited for in this and the earlier ones, newest first, 20 at most. */
  waits: WaitLine[];
}
