import type { InternalItem } from "@parloir/contracts/internal.ts";
import { checkContent } from "@parloir/contracts/parse.ts";
import type { Message } from "@parloir/contracts/shapes.ts";
import type { GatewayContext } from "../context.ts";
import type { Handler } from "./handlers.ts";

/** What happens to a message after it was sent. Who may do it is decided where it is committed. */

export const editMessage: Handler<"edit_message"> = async (gateway, socket, payload) => {
  checkContent(payload.content);
  return change(gateway, { kind: "edit", ...payload, userId: socket.data.user.userId });
};

export const deleteMessage: Handler<"delete_message"> = (gateway, socket, payload) =>
  change(gateway, { kind: "delete", ...payload, userId: socket.data.user.userId });

export const react: Handler<"react"> = (gateway, socket, payload) =>
  change(gateway, { kind: "react", ...payload, userId: socket.data.user.userId });

async function change(gateway: GatewayContext, item: InternalItem<"change">): Promise<Message> {
  const message = await gateway.changes.submit(item.conversationId, item);
  gateway.sequencer.tip(item.conversationId, { lastSeq: 0, lastChange: message.change });
  return message;
}
