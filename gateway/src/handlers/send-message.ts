import { isCanary } from "@parloir/contracts/ids.ts";
import { checkSend } from "@parloir/contracts/parse.ts";
import { traced } from "@parloir/platform/tracing.ts";
import type { Handler } from "./handlers.ts";

/**
 * Hands the message to the batcher and acks when it is committed. Nothing is awaited before `submit`, so that the
 * sends of one socket enter the batch in the order in which they were emitted. Membership is the commit's to check.
 */
export const sendMessage: Handler<"send_message"> = async (gateway, socket, payload) => {
  checkSend(payload);
  const began = performance.now();
  const receivedAt = Date.now();
  const send = { ...payload, senderId: socket.data.user.userId };
  const span = gateway.tracing.enter("send_message", send.traceparent);
  if (span) send.traceparent = span.traceparent;
  const sent = gateway.sends.submit(payload.conversationId, send);
  const receipt = await (span ? traced(span, sent) : sent);
  if (!isCanary(send.senderId))
    gateway.metrics.get("parloir_ack_seconds").observe((performance.now() - began) / 1_000);
  gateway.flights.note(receipt, "received", { at: receivedAt, traceparent: span?.traceparent });
  gateway.flights.note(receipt, "acked");
  gateway.sequencer.tip(receipt.conversationId, { lastSeq: receipt.seq, lastChange: 0 });
  return receipt;
};
