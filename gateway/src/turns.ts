import type { GatewaySocket } from "./context.ts";

/**
 * Joins and leaves of one socket in one room happen in the order in which they were sent: a leave that overtook its
 * join would leave somebody «looking» who hears nothing and is not notified either.
 */
export function inTurn<T>(socket: GatewaySocket, room: string, work: () => Promise<T>): Promise<T> {
  const { turns } = socket.data;
  const before = turns.get(room) ?? Promise.resolve();
  const mine = before.then(work, work);
  turns.set(room, mine);
  const done = () => {
    if (turns.get(room) === mine) turns.delete(room);
  };
  mine.then(done, done);
  return mine;
}
