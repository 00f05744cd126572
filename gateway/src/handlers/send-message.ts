import { checkSend } from "@parloir/contracts/parse.ts";
import { traceOn } from "@parloir/platform/flights.ts";
import type { Handler } from "./handlers.ts";

/**
 * Hands the message to the batcher and acks when it is committed. Nothing is awaited before `submit`, so that the
 * sends of one socket enter the batch in the order in which they were emitted. Membership is the commit's to check.
 */
export const sendMessage: Handler<"send_message"> = async (gateway, socket, payload) => {
  checkSend(payload);
  const stop = gateway.metrics.get("parloir_ack_seconds").startTimer();
  const receivedAt = Date.now();
  const send = { ...payload, senderId: socket.data.user.userId };
  if (send.traceparent) send.traceparent = traceOn(send.traceparent);
  const receipt = await gateway.sends.submit(payload.conversationId, send);
  stop();
  gateway.flights.note(receipt, "received", { at: receivedAt, traceparent: send.traceparent });
  gateway.flights.note(receipt, "acked");
  gateway.sequencer.tip(receipt.conversationId, { lastSeq: receipt.seq, lastChange: 0 });
  return receipt;
};
