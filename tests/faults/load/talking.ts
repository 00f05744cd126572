import type { History, Send } from "../history.ts";
import type { Random } from "../random.ts";
import type { Device } from "./device.ts";

/** Who says what, when: an open loop at random moments, with what real clients now and then do besides. */
export interface Talking {
  start: (messagesPerSecond: number) => void;
  stop: () => void;
  isOn: () => boolean;
  /** A send was acked. */
  acked: (send: Send) => void;
  /** Somebody who is no member tries to write. */
  intrude: (device: Device, conversationId: string) => void;
}

/** Per message. */
const chances = { burst: 0.06, repeat: 0.05, double: 0.03, conflict: 0.01, blank: 0.005 };

export function startTalking(options: {
  devices: Device[];
  history: History;
  random: Random;
  now: () => number;
}): Talking {
  const { devices, history, random, now } = options;
  const senders = devices.filter((device) => device.timelines.size > 0);
  let counter = 0;
  let timer: NodeJS.Timeout | undefined;

  function compose(device: Device, conversationId: string, purpose: Send["purpose"] = "message"): Send {
    const number = ++counter;
    return {
      conversationId,
      userId: device.userId,
      clientMessageId: `m${number}`,
      content: purpose === "blank" ? " \u200b" : `message ${number} from ${device.userId}`,
      purpose,
      queuedAt: now(),
      attempts: [],
    };
  }

  function submit(device: Device, send: Send): void {
    history.sends.push(send);
    device.outbox.add(send);
  }

  function sendOne(): void {
    const device = random.pick(senders);
    const conversationId = random.pick([...device.timelines.keys()]);
    const send = compose(device, conversationId);
    submit(device, send);
    const chance = random.next();
    if (chance < chances.burst) {
      for (let more = 0; more < 2; more++) submit(device, compose(device, conversationId));
    } else if (chance < chances.burst + chances.double) {
      // At the same moment, from another device of the same person when there is one.
      const twin = senders.find((each) => each.userId === device.userId && each !== device) ?? device;
      twin.outbox.repeat(send);
    } else if (chance > 1 - chances.blank && !device.isProduct)
      submit(device, compose(device, conversationId, "blank"));
  }

  return {
    start(messagesPerSecond) {
      // Times are decided in advance: a busy machine makes a send late, not the rate lower.
      let due = performance.now();
      const next = () => {
        // All that are due by now: one a turn of a slow event loop would be fewer.
        const now = performance.now();
        while (due <= now) {
          due += (-Math.log(1 - random.next()) * 1_000) / messagesPerSecond;
          sendOne();
        }
        timer = setTimeout(next, Math.max(0, due - performance.now()));
      };
      next();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
    isOn: () => timer !== undefined,
    /** Now and then the same send again, or its id with other words. */
    acked(send) {
      if (timer === undefined || send.purpose !== "message") return;
      if (send.attempts.filter((each) => each.outcome === "ok").length > 1) return;
      const own = senders.filter((device) => device.userId === send.userId && !device.isProduct);
      if (own.length === 0) return;
      const device = random.pick(own);
      const chance = random.next();
      if (chance < chances.repeat) setTimeout(() => device.outbox.repeat(send), random.between(0, 2_000));
      else if (chance > 1 - chances.conflict) {
        const { clientMessageId } = send;
        submit(device, { ...compose(device, send.conversationId, "conflict"), clientMessageId });
      }
    },
    intrude(device, conversationId) {
      submit(device, compose(device, conversationId, "foreign"));
    },
  };
}
