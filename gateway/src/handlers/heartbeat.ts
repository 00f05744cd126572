import { conversationOfRoom } from "@parloir/contracts/ids.ts";
import type { Handler } from "./handlers.ts";

/** The heads, as this gateway stands, of the conversations the socket has joined: a client compares them. */
export const heartbeat: Handler<"heartbeat"> = async (gateway, socket) => {
  const tips: Record<string, number> = {};
  for (const room of socket.rooms) {
    const id = conversationOfRoom(room);
    const head = id === undefined ? undefined : gateway.sequencer.position(id);
    if (id !== undefined && head !== undefined) tips[id] = head;
  }
  return { tips };
};
