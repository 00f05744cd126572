import { randomUUID } from "node:crypto";
import type { WantedChange } from "@parloir/contracts/internal.ts";
import { checkEdit } from "@parloir/contracts/parse.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { GatewayContext, GatewaySocket } from "../context.ts";
import type { Handler } from "./handlers.ts";

/** What happens to a message after it was sent. Who may do it is decided where it is committed. */

export const editMessage: Handler<"edit_message"> = async (gateway, socket, payload) => {
  checkEdit(payload);
  return change(gateway, socket, { kind: "edit", ...payload });
};

export const deleteMessage: Handler<"delete_message"> = (gateway, socket, payload) =>
  change(gateway, socket, { kind: "delete", ...payload });

export const react: Handler<"react"> = (gateway, socket, payload) =>
  change(gateway, socket, { kind: "react", ...payload });

async function change(
  gateway: GatewayContext,
  socket: GatewaySocket,
  wanted: WantedChange,
): Promise<Message> {
  const { userId } = socket.data.user;
  const { conversationId } = wanted;
  const item = { ...wanted, userId, requestId: randomUUID() };
  const message = await gateway.changes.submit(conversationId, item);
  gateway.sequencer.tip(conversationId, { lastSeq: 0, lastChange: message.change });
  return message;
}
