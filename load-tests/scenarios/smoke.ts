import { check } from "k6";
import type { Options } from "k6/options";
import { clock, pause } from "../k6/clock.ts";
import { prefix } from "../k6/environment.ts";
import { finishedThreshold, hasFinished } from "../k6/finished.ts";
import { lossless, thresholds, trendStats } from "../k6/levels.ts";
import { observerOf } from "../k6/observed.ts";
import { makeDirect, makePerson, type Person, request } from "../k6/people.ts";
import { openSession, type Transport } from "../k6/wires.ts";
import { createDevice, type Device } from "../traffic/device.ts";
import { textOf } from "../traffic/talk.ts";

export { setup } from "../k6/preflight.ts";
export { handleSummary } from "../k6/summary.ts";

/** Everything once, in a few seconds: is the cluster there at all, and do these scripts speak its protocol? */
export const options: Options = {
  scenarios: { smoke: { executor: "per-vu-iterations", vus: 1, iterations: 1, maxDuration: "2m" } },
  thresholds: {
    checks: ["rate==1"],
    ...thresholds({ parloir_failed_connects: "attempts", ...lossless }),
    ...finishedThreshold(1),
  },
  summaryTrendStats: trendStats,
};

const patienceMs = 30_000;

export default async function smoke(): Promise<void> {
  // Who has been here before starts where the last run ended.
  const run = `${prefix}-smoke-${Date.now()}`;
  const people = await Promise.all(["a", "b"].map((side) => makePerson(`${run}-${side}`)));
  const [ana, ben] = people as [Person, Person];
  const conversationId = await makeDirect(ana.id, ben.id);
  const heard: string[] = [];
  const devices = [deviceOf(ana, "websocket", []), deviceOf(ben, "polling", heard)];
  const came = await Promise.all(devices.map((device) => device.come(patienceMs)));
  check(came, {
    "a WebSocket connects": ([first]) => first === true,
    "long polling connects": ([, second]) => second === true,
  });
  const content = textOf(Date.now(), "smoke", 60);
  devices[0]!.send(conversationId, `${run}-1`, content, Date.now());
  for (const until = Date.now() + patienceMs; heard.length === 0 && Date.now() < until; ) await pause(50);
  check(heard, { "what one writes comes to the other": (texts) => texts[0] === content });
  const mark = await devices[1]!.call("mark_read", { conversationId, seq: 1 });
  check(mark, { "a read mark is acked": (ack) => ack?.ok === true });
  const path = `/api/messages?conversationId=${conversationId}&after=0`;
  const history = await request("GET", "/api/messages", path, null, ben.token, "rest");
  check(history, {
    "history has it": ({ status, body }) => status === 200 && (body ?? "").includes(`${run}-1`),
  });
  const stranger = await request("GET", "/api/messages", path, null, "no-token", "rest");
  check(stranger, { "a stranger gets nothing": ({ status }) => status === 401 });
  await Promise.all(devices.map((device) => device.settle(patienceMs)));
  for (const device of devices) device.leave();
  hasFinished();
}

function deviceOf({ id, token }: Person, transport: Transport, heard: string[]): Device {
  const counted = observerOf(id, transport);
  return createDevice({
    userId: id,
    open: (events) => openSession(transport, token, events),
    clock,
    random: Math.random,
    observer: {
      ...counted,
      received(message, by) {
        heard.push(message.content);
        counted.received(message, by);
      },
    },
  });
}
