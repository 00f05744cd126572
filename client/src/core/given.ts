/** What an application names of the shapes it is given, and what is thrown: one list for each entry of the package. */
export { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
export type {
  Attachment,
  Conversation,
  Message,
  Notification,
  Participant,
  Presence,
  Reaction,
  Subject,
} from "@parloir/contracts/shapes.ts";
export type { ChannelListener, ChannelNews } from "./channels.ts";
export type { ConnectionState } from "./link.ts";
export type { OutboxMessage, Pending } from "./outbox.ts";
export type { Thread, ThreadState } from "./thread.ts";
export type { GetToken } from "./token.ts";
