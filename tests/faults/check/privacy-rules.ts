import type { Heard } from "../history.ts";
import type { Rule } from "./checker.ts";
import { type Index, nameOf } from "./evidence.ts";

/** What those who are not members must never get. */

const noLeak: Rule = (index, report) => {
  const { history, snapshot, isMember, wasThere } = index;
  const timeOf = timesOf(index);
  for (const { id, userId, heard } of history.sockets) {
    for (const event of heard) {
      const { conversationId, seq, at } = event;
      if (conversationId === "" || isMember(conversationId, userId)) continue;
      // Of what has no time of its own only this is known: nobody hears of it who has never come.
      const [begun, ended] = timeOf(event) ?? [Number.NEGATIVE_INFINITY, at];
      if (!wasThere(conversationId, userId, begun, ended))
        report(`${userId} on socket ${id} heard ${event.event} (seq ${seq}) of ${conversationId}`);
    }
  }
  for (const line of snapshot.notifications) {
    const { userId, conversationId, seq } = line;
    if (isMember(conversationId, userId)) continue;
    const [begun, ended] = timeOf({ ...line, event: "notification", change: 0 }) ?? anyTime;
    if (!wasThere(conversationId, userId, begun, ended))
      report(`${userId} is notified of seq ${seq} of ${conversationId}`);
  }
};

const anyTime = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** Between which times what an event tells of happened: a send or a change, from its first emission to its answer. */
function timesOf({ history, rows }: Index) {
  const keyOf = (conversationId: string, name: string | number) => `${conversationId} ${name}`;
  const sends = new Map(
    history.sends
      .filter(({ purpose }) => purpose === "message")
      .map((send) => [keyOf(send.conversationId, send.clientMessageId), send]),
  );
  const changes = new Map(history.changes.map((each) => [keyOf(each.conversationId, each.change), each]));
  return ({
    event,
    conversationId,
    seq,
    change,
  }: Pick<Heard, "event" | "conversationId" | "seq" | "change">) => {
    if (event === "message_updated") {
      const made = changes.get(keyOf(conversationId, change));
      return made?.outcome === "ok" ? ([made.at, made.end] as const) : null;
    }
    if (event !== "new_message" && event !== "notification") return null;
    const send = sends.get(keyOf(conversationId, rows(conversationId)[seq - 1]?.clientMessageId ?? ""));
    if (!send?.attempts[0]) return null;
    const answers = send.attempts.filter(({ outcome }) => outcome === "ok").map(({ end }) => end);
    return [send.attempts[0].at, Math.min(...answers)] as const;
  };
}

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
