import { rooms } from "@parloir/contracts/ids.ts";
import type { Handler } from "./handlers.ts";

const presencePrefix = rooms.presence("");

/** Replaces the list of people whose presence this socket is told of. Whom it may not see is simply absent. */
export const watchPresence: Handler<"watch_presence"> = async (gateway, socket, { userIds }) => {
  const { userId } = socket.data.user;
  const others = [...new Set(userIds)];
  const visible =
    others.length === 0 ? [] : (await gateway.sights.submit(userId, { userId, others })).userIds;
  const wanted = new Set(visible.map(rooms.presence));
  for (const room of socket.rooms) {
    if (room.startsWith(presencePrefix) && !wanted.has(room)) await socket.leave(room);
  }
  await socket.join([...wanted]);
  // Joined and subscribed first, read afterwards: a change in between is pushed.
  await gateway.rooms.subscribed(wanted);
  return { presence: await gateway.presence.read(visible) };
};
