import { maxChannelPage, maxChannels } from "@parloir/contracts/channels.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { channelOfRoom, rooms } from "@parloir/contracts/ids.ts";
import type { GatewaySocket } from "../context.ts";
import { inTurn } from "../turns.ts";
import type { Handler } from "./handlers.ts";

/**
 * Subscribed first and read afterwards, so nothing that is published meanwhile falls between the answer and the pushes.
 * A channel that does not exist and one that is not theirs are the same.
 */
export const subscribe: Handler<"subscribe"> = (gateway, socket, { channel, after }) =>
  inTurn(socket, rooms.channel(channel), async () => {
    refuseTooMany(socket, channel);
    if (!(await gateway.channels.subscribe(socket, channel)))
      throw new CodedError("NOT_FOUND", "no such channel");
    const request = { channel, limit: maxChannelPage, ...(after === undefined ? {} : { after }) };
    const { cursor, events, complete } = await gateway.channelReads.submit(channel, request);
    gateway.channels.tip(channel, cursor);
    return { cursor, events, complete };
  });

export const unsubscribe: Handler<"unsubscribe"> = (_gateway, socket, { channel }) =>
  inTurn(socket, rooms.channel(channel), async () => {
    await socket.leave(rooms.channel(channel));
    return {};
  });

function refuseTooMany(socket: GatewaySocket, channel: string): void {
  const open = [...socket.rooms].filter((room) => channelOfRoom(room) !== undefined);
  if (open.length >= maxChannels && !open.includes(rooms.channel(channel)))
    throw new CodedError("TOO_LARGE", `one connection subscribes to ${maxChannels} channels at most`);
}
