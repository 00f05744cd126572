import type { History } from "../history.ts";
import type { Random } from "../random.ts";
import { startChanging, usualChangeChance } from "./changing.ts";
import { startComing } from "./coming.ts";
import { type Device, type DeviceOptions, startDevice } from "./device.ts";
import { type Population, readHistory, readUnread } from "./people.ts";
import { startProductDevice } from "./product-device.ts";
import { type Progress, watchProgress } from "./progress.ts";
import { startReading } from "./reading.ts";
import { startTalking } from "./talking.ts";
import { createInterning } from "./timeline.ts";
import { startTrespassing } from "./trespass.ts";

/** All clients of a run. */
export interface Fleet {
  devices: Device[];
  progress: Progress;
  /** Begins to send, at random moments with this mean rate. */
  start: (messagesPerSecond: number) => void;
  /** No new messages; what is unanswered is still tried. */
  stopSending: () => void;
  /** Nothing that writes waits for its answer. */
  isIdle: () => boolean;
  /** The same, every send included, and every message is on every raw device. */
  isComplete: () => boolean;
  /** Writes the final lists of the raw devices, or of those with the product's client, into the history. */
  conclude: (isProduct: boolean) => Promise<void>;
  /** Asks for everyone's unread counts. */
  readUnread: () => Promise<void>;
  stop: () => void;
}

/** Every so many devices, one runs the product's own client. */
const productEvery = 10;

export interface FleetOptions {
  population: Population;
  history: History;
  random: Random;
  now: () => number;
  /** REST. */
  url: string;
  /** Where each device dials. */
  socketUrl: (device: number) => string;
  /** More devices than people: some people have two. */
  devices: number;
  /** Of an acked message being changed afterwards. */
  changeChance?: number | undefined;
}

export function startFleet(options: FleetOptions): Fleet {
  const { population, history, random, now, url } = options;
  const devices = startDevices(options, (send, receipt) => {
    progress.acked(send.conversationId, receipt.seq);
    talking.acked(send);
    changing.acked(send, receipt.seq);
  });
  const progress = watchProgress(devices, now);
  const talking = startTalking({ devices, history, random, now });
  const members = devices.filter((device) => device.timelines.size > 0 && !device.isProduct);
  const readers = members.filter((_, index) => index % 2 === 0);
  const reading = startReading({ readers, history, random, now, isOn: talking.isOn });
  const changing = startChanging({
    devices: members,
    history,
    random,
    now,
    chance: options.changeChance ?? usualChangeChance,
    isOn: talking.isOn,
    changed: progress.changed,
  });
  const strangers = new Set(population.outsiders.map(({ userId }) => userId));
  const outsiders = devices.filter((device) => strangers.has(device.userId));
  const coming = startComing({ population, history, random: random.fork("coming"), now, url });
  const trespassing = startTrespassing({
    outsiders,
    population,
    history,
    random,
    now,
    url,
    send: talking.intrude,
  });

  const isIdle = () => [reading, changing, coming].every((each) => each.isIdle());
  return {
    devices,
    progress,
    start(messagesPerSecond) {
      talking.start(messagesPerSecond);
      trespassing.start();
      coming.start();
    },
    stopSending() {
      talking.stop();
      coming.stop();
      trespassing.stop();
    },
    isIdle,
    isComplete: () => isIdle() && progress.isComplete(),
    async conclude(isProduct) {
      for (const device of devices.filter((each) => each.isProduct === isProduct)) {
        if (!device.isReady()) history.offlineAtEnd.push(device.id);
        await device.showAll();
        for (const [conversationId, { messages, shownAt }] of device.timelines) {
          const shown = { messages: [...messages], shownAt: [...shownAt] };
          history.shown.push({ device: device.id, conversationId, ...shown });
        }
      }
    },
    async readUnread() {
      for (const person of population.people)
        history.unread.set(
          person.userId,
          (await patiently(() => readUnread(url, person.token))).conversations,
        );
    },
    stop() {
      talking.stop();
      coming.stop();
      reading.stop();
      trespassing.stop();
      progress.stop();
      for (const device of devices) device.stop();
    },
  };
}

function startDevices(options: FleetOptions, onAcked: DeviceOptions["onAcked"]): Device[] {
  const { population, history, random, now, url } = options;
  const intern = createInterning();
  const owners = [...population.people, ...population.outsiders, ...population.comers];
  return Array.from({ length: Math.max(options.devices, owners.length) }, (_, id) => {
    const owner = owners[id % owners.length]!;
    history.devices.push({ id, userId: owner.userId });
    const isProduct = id % productEvery === 4 && owner.conversationIds.length > 0;
    return (isProduct ? startProductDevice : startDevice)({
      id,
      ...owner,
      url: options.socketUrl(id),
      history,
      random: random.fork(`device ${id}`),
      now,
      intern,
      readHistory: (...request) => readHistory(url, ...request),
      onAcked,
    });
  });
}

/** An api that was killed last may still be on its way back. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
