import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import type { Handler } from "./handlers.ts";

export const startCall: Handler<"start_call"> = (gateway, socket, payload) =>
  gateway.calls.start(socket, payload);

export const acceptCall: Handler<"accept_call"> = (gateway, socket, payload) =>
  gateway.calls.accept(socket, payload);

export const joinCall: Handler<"join_call"> = (gateway, socket, payload) =>
  gateway.calls.join(socket, payload);

export const declineCall: Handler<"decline_call"> = (gateway, socket, { callId }) =>
  gateway.calls.decline(callId, socket.data.user.userId);

export const endCall: Handler<"end_call"> = (gateway, socket, { callId, because }) =>
  gateway.calls.end(callId, socket.data.user.userId, because);

/** To the other one's page. Only who is in the call's room may, and entering it was authorised; nothing is stored. */
export const signalCall: Handler<"signal_call"> = async (_gateway, socket, payload) => {
  const room = rooms.call(payload.callId);
  if (!socket.rooms.has(room)) throw new CodedError("NOT_FOUND", "no such call");
  socket.to(room).emit("call_signal", payload);
  return {};
};
