import type { CallEnding } from "./calls.ts";
import type { ChannelPage } from "./channels.ts";
import type { SendMessagePayload } from "./commands.ts";
import type { ErrorBody } from "./errors.ts";
import type { SendReceipt, SyncItem } from "./events.ts";
import type { ConversationHead, Message, ReadMark, Role } from "./shapes.ts";

/**
 * What gateways ask the api on its private port (`POST /internal/<route>`, Bearer INTERNAL_SECRET). Every route
 * takes a batch and answers item by item in the same order, so that one bad item never fails its neighbours.
 */

export type ItemResult<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody };

export interface SendItem extends SendMessagePayload {
  senderId: string;
}

export interface MarkItem {
  userId: string;
  conversationId: string;
  seq: number;
}

/** A socket's first question: who is this in the database, and what should it join? */
export interface SessionItem {
  userId: string;
  /** From the token; used only to create the person on first sight. */
  role: Role;
  name: string | null;
  email: string | null;
  /** Of the token, in milliseconds since 1970; null when it does not say: then any revocation is later. */
  issuedAt: number | null;
}

/** Does a token of this age still count for this person? */
export interface StandingItem {
  userId: string;
  issuedAt: number | null;
}

/** Tokens that were issued before this are refused: the person was revoked or banned. */
export interface Revocation {
  userId: string;
  tokensValidFrom: string;
}

/** What apis tell gateways through a room. No client ever sees these. */
export interface RoomNotices {
  /** To the person's room. */
  tokens_revoked: Revocation;
}

export interface Session {
  userId: string;
  role: Role;
  email: string | null;
  conversations: SessionHead[];
}

/** A person's place in a conversation, of one snapshot of the database. */
export interface Seat {
  lastSeq: number;
  lastChange: number;
  /** What this person may not see of the history: everything up to and including this seq. */
  floor: number;
  /** Rises with everyone who becomes a member or stops being one. */
  roster: number;
}

export interface SessionHead extends ConversationHead, Seat {
  /** Deleted «for me»: not shown in `ready`, but joined, because the next message brings it back. */
  hidden: boolean;
}

/** Messages of one conversation after a cursor, as `userId` may see them; without `userId`, for a room's ring. */
export interface ReadItem {
  conversationId: string;
  userId: string | null;
  /** Undefined: the newest page. */
  after?: number;
  /** With `after`: also what is not after it and changed since this change. */
  change?: number;
  limit: number;
}

/** Which of these people are members? */
export interface MembersItem {
  conversationId: string;
  userIds: string[];
}

export type WantedChange = { conversationId: string; seq: number } & (
  | { kind: "edit"; content: string }
  | { kind: "delete" }
  | { kind: "react"; emoji: string; on: boolean }
);

/**
 * A change of a message that was sent, by `userId`. A call is repeated under the same `requestId`, and may then arrive
 * twice, with other changes in between.
 */
export type ChangeItem = WantedChange & { userId: string; requestId: string };

export interface Members {
  lastSeq: number;
  lastChange: number;
  roster: number;
  members: { userId: string; floor: number }[];
}

/** This person is no member of it any more. */
export interface Removal {
  conversationId: string;
  userId: string;
}

/** Whom may `userId` call in this conversation? With `otherId`: may it be that person? */
export interface CalleeItem {
  conversationId: string;
  userId: string;
  otherId: string | null;
}

export interface Callee {
  userId: string;
  name: string;
  /** Of the one who asks. */
  callerName: string;
}

/** A call that is over, for its line in the conversation. `seconds` from the answer on; null: nobody answered. */
export interface EndedCallItem {
  callId: string;
  conversationId: string;
  callerId: string;
  calleeId: string;
  startedAt: string;
  ending: CallEnding;
  seconds: number | null;
}

/** Which of these people may `userId` see? */
export interface VisibleItem {
  userId: string;
  others: string[];
}

/** May this person be among the agents who have this support conversation open? */
export interface TeamItem {
  conversationId: string;
  userId: string;
}

/** Which of these people may subscribe? */
export interface SubscribersItem {
  channel: string;
  userIds: string[];
}

export interface Subscribers {
  cursor: number;
  /** Rises with everyone who may no longer subscribe. */
  roster: number;
  userIds: string[];
}

/** A channel's events after a cursor; without one only its head. */
export interface ChannelReadItem {
  channel: string;
  after?: number;
  limit: number;
}

export interface InternalRoutes {
  /** A channel that nobody has published to stands at cursor 0. */
  subscribers: { item: SubscribersItem; result: Subscribers };
  channelRead: { item: ChannelReadItem; result: ChannelPage & { roster: number } };
  /** `known` and `epoch` as in `heads`. */
  channelHeads: {
    item: { channel: string; known: number; epoch: string };
    result: { cursor: number; roster: number };
  };
  send: { item: SendItem; result: SendReceipt };
  marks: { item: MarkItem; result: ReadMark };
  change: { item: ChangeItem; result: Message };
  sessions: { item: SessionItem; result: Session };
  read: { item: ReadItem; result: SyncItem & { roster: number } };
  /** An unknown conversation is NOT_FOUND; one without any of these people is not. */
  members: { item: MembersItem; result: Members };
  /** Somebody who may not is NOT_FOUND. */
  team: { item: TeamItem; result: Record<string, never> };
  /** The role of now. An unknown person is NOT_FOUND. */
  roles: { item: { userId: string }; result: { role: Role } };
  /**
   * NOT_FOUND as if absent for who may not see it, FORBIDDEN while one has blocked the other, UNSUPPORTED in a group,
   * CONFLICT where nobody is there to answer.
   */
  callee: { item: CalleeItem; result: Callee };
  /** The same call again is the same line. */
  endedCalls: { item: EndedCallItem; result: Record<string, never> };
  visible: { item: VisibleItem; result: { userIds: string[] } };
  /** UNAUTHENTICATED when the token was revoked, FORBIDDEN when the person is banned. */
  standings: { item: StandingItem; result: Record<string, never> };
  /** A conversation of its own for a gateway's canary. */
  canary: { item: { userId: string }; result: { conversationId: string } };
  /** Who was revoked since `since`, which is the `at` of the answer before. */
  revocations: { item: { since: string | null }; result: { at: string; revoked: Revocation[] } };
  /** The same, of people who were taken out of conversations, or left. */
  removals: { item: { since: string | null }; result: { at: string; removed: Removal[] } };
  /**
   * Heads of conversations; an unknown id is NOT_FOUND. `known` and `knownChange` are a seq and a change that the asker
   * has delivered in `epoch`: a head below them proves that the database went back to an older state since.
   */
  heads: {
    item: { conversationId: string; known: number; knownChange: number; epoch: string };
    result: { lastSeq: number; lastChange: number; roster: number };
  };
}

export type InternalRoute = keyof InternalRoutes;
export type InternalItem<R extends InternalRoute> = InternalRoutes[R]["item"];
export type InternalResult<R extends InternalRoute> = InternalRoutes[R]["result"];

export interface InternalRequest<R extends InternalRoute> {
  items: InternalItem<R>[];
}

export interface InternalResponse<R extends InternalRoute> {
  epoch: string;
  results: ItemResult<InternalResult<R>>[];
}
