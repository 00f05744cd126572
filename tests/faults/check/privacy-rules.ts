import type { Rule } from "./checker.ts";
import { nameOf } from "./evidence.ts";

/** What those who are not members must never get. */

const noLeak: Rule = ({ history, snapshot, isMember }, report) => {
  for (const { id, userId, heard } of history.sockets) {
    for (const { event, conversationId, seq } of heard) {
      if (conversationId !== "" && !isMember(conversationId, userId))
        report(`${userId} on socket ${id} heard ${event} (seq ${seq}) of ${conversationId}`);
    }
  }
  for (const { userId, conversationId, seq } of snapshot.notifications) {
    if (!isMember(conversationId, userId)) report(`${userId} is notified of seq ${seq} of ${conversationId}`);
  }
};

const noTrespass: Rule = ({ history }, report) => {
  for (const { userId, conversationId, command, answered, answer } of history.trespasses)
    if (answered) report(`${command} gave ${userId} ${answer} of ${conversationId}`);
  for (const send of history.sends) {
    if (send.purpose !== "foreign") continue;
    for (const { outcome, code } of send.attempts)
      if (outcome === "ok" || (outcome === "failed" && code !== "NOT_FOUND"))
        report(`send_message: ${nameOf(send)}, who is no member, was answered ${code ?? "ok"}`);
  }
};

export const privacyRules = {
  "no leak": { promise: "Who is not a member hears nothing of a conversation.", check: noLeak },
  "no trespass": { promise: "Who is not a member can neither read nor write.", check: noTrespass },
};
