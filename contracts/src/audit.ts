import * as z from "zod/mini";
import { pageCursor, pageLimit, storable } from "./http.ts";

/** What the audit log records. `docs/security.md` is this table in prose and a test holds the two together. */
export const auditActions = {
  "key.created": "a server key was made",
  "key.rotated": "a server key was replaced; it ends after its grace",
  "key.revoked": "a server key was ended",
  "role.changed": "a person has another role, or came with one above client",
  "user.revoked": "a person's tokens, sessions and sockets were ended",
  "user.banned": "the same, until lifted",
  "user.unbanned": "a ban was lifted",
  "user.exported": "what is stored about a person was handed out",
  "user.erased": "a person was erased",
  "password.set": "a person's password was set or changed",
  "session.started": "a sign-in with e-mail and password",
  "session.refused": "a sign-in with a wrong e-mail or password, or of a banned person",
  "session.ended": "a sign-out",
  "session.reused": "a refresh token was used a second time: its session was ended",
  "webhook.created": "a webhook was added",
  "webhook.changed": "a webhook has another address or name, or was enabled or disabled",
  "webhook.rotated": "a webhook has a new secret",
  "webhook.deleted": "a webhook was removed",
  "webhook.replayed": "dead letters of a webhook were sent again",
  "webhook.disabled": "a webhook was given up because it had failed for long",
  "flight.read": "an admin looked up the way of a message through the cluster; its metadata, not its text",
  "node.harmed": "a process was killed or frozen, or Redis stopped, from the chaos panel",
  "node.drained": "a gateway was told to drain",
  "member.added": "somebody brought a person into a conversation",
  "member.removed": "somebody took a person out of a conversation",
  "conversation.assigned": "a support conversation was given to an agent, or to nobody",
  "desk.changed": "an agent's capacity was changed, or whether conversations are given to them",
  "support.set": "the assignment of support conversations was changed",
  "channel.granted": "a person was let into a channel",
  "channel.withdrawn": "a person was let into a channel no longer",
  "announcement.sent": "everybody, or everybody of a role, was told something",
  "schedule.set": "business hours were set from a time on",
} as const;
export type AuditAction = keyof typeof auditActions;

export type ActorKind = "person" | "key" | "anyone" | "system";

/** Newest first. `actor` is the id of a person or of a key. */
export const auditQuery = z.strictObject({
  action: z.optional(z.enum(Object.keys(auditActions) as [AuditAction, ...AuditAction[]])),
  actor: z.optional(z.string().check(z.minLength(1), z.maxLength(128), storable)),
  target: z.optional(z.string().check(z.minLength(1), z.maxLength(128), storable)),
  cursor: pageCursor,
  limit: pageLimit,
});

export interface AuditEntry {
  id: string;
  at: string;
  actor: { kind: ActorKind; id: string | null };
  action: AuditAction;
  /**
   * The id of the person, key or conversation it is about, or a channel's name; of an announcement the role, of business
   * hours the time since when they hold.
   */
  target: string | null;
  details: Record<string, unknown> | null;
  requestId: string | null;
  address: string | null;
}
