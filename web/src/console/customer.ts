import type { Participant, SharedConversation } from "@parloir/contracts/shapes.ts";

const isTeam = ({ role }: Participant) => role === "agent" || role === "admin";

/** Whose support conversation it is. */
export function customerOf({
  participants,
}: Pick<SharedConversation, "participants">): Participant | undefined {
  return participants.find((one) => !isTeam(one)) ?? participants[0];
}

/** Whether the customer has the last word: somebody waits. */
export function isWaiting({ status, lastMessage, participants }: SharedConversation): boolean {
  return (
    status !== "closed" &&
    lastMessage !== null &&
    lastMessage.senderId === customerOf({ participants })?.userId
  );
}
