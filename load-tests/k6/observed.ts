import { Counter, Rate, Trend } from "k6/metrics";
import type { Observer } from "../traffic/device.ts";
import { markOf } from "../traffic/talk.ts";
import type { Transport } from "./wires.ts";

/** What a run measures besides k6's own metrics. Times are milliseconds. */
const connect = new Trend("parloir_connect", true);
const comeBack = new Trend("parloir_return", true);
const ack = new Trend("parloir_ack", true);
const delivery = new Trend("parloir_delivery", true);
const late = new Trend("parloir_generator_late", true);
const failedConnects = new Rate("parloir_failed_connects");
const failedSends = new Rate("parloir_failed_sends");
const received = new Counter("parloir_received");
const missing = new Counter("parloir_missing");
const absent = new Counter("parloir_absent");
const misordered = new Counter("parloir_misordered");
const connectFailures = new Counter("parloir_connect_failures");
const sendFailures = new Counter("parloir_send_failures");

export const wasLate = (ms: number): void => late.add(ms);

export function observerOf(userId: string, transport: Transport): Observer {
  return {
    connected(ms) {
      connect.add(ms, { transport });
      failedConnects.add(false, { transport });
    },
    returned: (ms) => comeBack.add(ms, { transport }),
    connectFailed(reason) {
      failedConnects.add(true, { transport });
      connectFailures.add(1, { transport, reason });
    },
    acked(ms, content) {
      ack.add(ms, { transport, phase: markOf(content)?.phase ?? "" });
      failedSends.add(false);
    },
    sendFailed(reason) {
      failedSends.add(true);
      sendFailures.add(1, { reason });
    },
    received(message, by) {
      received.add(1, { by });
      const mark = markOf(message.content);
      // One's own push says nothing about the way to others.
      if (mark === null || message.senderId === userId) return;
      delivery.add(Date.now() - mark.dueAt, { transport, by, phase: mark.phase });
    },
    misordered: () => misordered.add(1),
    missing: (count) => missing.add(count),
    absent: () => absent.add(1),
  };
}
