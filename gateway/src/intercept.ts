import type { ChannelEvent } from "@parloir/contracts/channels.ts";
import { channelOfRoom, conversationOfRoom, isTeamRoom, rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Revocation } from "@parloir/contracts/internal.ts";
import type { Message, Note, Notification } from "@parloir/contracts/shapes.ts";
import type { Intercept } from "./cluster-adapter.ts";
import type { GatewayContext } from "./context.ts";

/** Which events from elsewhere pass through a part of ours instead of straight to the sockets. */
export function createIntercept(gateway: GatewayContext): Intercept {
  const { sequencer, channels, rooms, rosters, team, io, log } = gateway;
  /** Whether they left or deleted it «for me», and so stay in the room for the next message, the database knows. */
  async function removed(userId: string, conversationId: string): Promise<void> {
    rooms.forgetHead(userId, conversationId);
    try {
      if ((await rosters.recheck(conversationId)).has(userId)) return;
    } catch (error) {
      log.warn({ err: error }, "the members of a conversation could not be read: the next answer tells");
    }
    io.local.to(roomNames.user(userId)).emit("conversation_removed", { conversationId });
  }

  /** Not before every role behind the room is known to be of now; an event that cannot wait for that is lost. */
  function toAgents(room: string, event: string, payload: unknown): void {
    team
      .verify()
      .then(() => io.local.to(room).emit(event as "note_added", payload as Note))
      .catch((error: unknown) => log.warn({ err: error, event }, "agents were not told: roles are unknown"));
  }

  /**
   * The relay's tip: the worker tells of a message that the database holds. Its push, which has had more time, may be
   * lost, and be the last one. `change` is never below `seq`.
   */
  function tip({ conversationId, seq, type }: Notification): void {
    if (type === "message" && conversationId && seq) sequencer.tip(conversationId, seq);
  }

  /** A push that could not wait for that is lost: whoever reads what is missing looks first as well. */
  function afterRemovals({ roster, ...message }: Message & { roster: number }): void {
    rosters
      .check(message.conversationId, roster)
      .then(() => sequencer.push(message))
      .catch((error: unknown) => log.debug({ err: error }, "who is still a member could not be read"));
  }

  return (room, event, payload) => {
    if (isTeamRoom(room)) {
      if (team.isFresh()) return false;
      toAgents(room, event, payload);
      return true;
    }
    const isMessage = event === "new_message" || event === "message_updated";
    if (isMessage && conversationOfRoom(room) !== undefined) {
      const message = payload as Message | (Message & { roster: number });
      if ("roster" in message) afterRemovals(message);
      else sequencer.push(message);
      return true;
    }
    if (event === "channel_event" && channelOfRoom(room) !== undefined) {
      void channels.push(payload as ChannelEvent & { roster: number });
      return true;
    }
    const userPrefix = roomNames.user("");
    if (!room.startsWith(userPrefix)) return false;
    if (event === "tokens_revoked") {
      gateway.revocations.apply(payload as Revocation);
      return true;
    }
    if (event === "channel_removed") {
      void channels.recheck((payload as { channel: string }).channel);
      return true;
    }
    if (event === "notification") {
      tip(payload as Notification);
      return false;
    }
    const { conversationId } = payload as { conversationId: string };
    const userId = room.slice(userPrefix.length);
    if (event === "conversation_removed") {
      void removed(userId, conversationId);
      return true;
    }
    if (event !== "conversation_added") return false;
    rooms
      .joinPerson(userId, conversationId)
      .then(() => io.local.to(room).emit("conversation_added", { conversationId }))
      .catch((error: unknown) => log.error({ err: error }, "joining a new conversation failed"));
    return true;
  };
}
