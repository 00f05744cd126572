import type { Device } from "./device.ts";

/**
 * Whether the cluster keeps up at this moment, seen from the clients: everyone is connected, sends are answered, and
 * what was acked a little while ago is on every device of its members.
 */
export interface Progress {
  acked: (conversationId: string, seq: number) => void;
  changed: (conversationId: string, change: number) => void;
  /** Null when all is well, else what is not. */
  trouble: () => string | null;
  /** Every answered message is on every raw device and nothing there waits for an answer. */
  isComplete: () => boolean;
  /** The same for the devices that run the product's client. */
  isProductComplete: () => boolean;
  stop: () => void;
}

/** A push is normally there in milliseconds; one that needs more than this counts as not delivered yet. */
const graceMs = 1_000;

/**
 * `trouble` looks at the raw devices only: the product's client may wait up to 30 s before it tries again, and that
 * would be measured instead of the servers' return.
 */
export function watchProgress(all: Device[], now: () => number): Progress {
  const raw = all.filter((device) => !device.isProduct);
  const heads = new Map<string, number>();
  const changes = new Map<string, number>();
  /** The heads of `graceMs` to twice that ago. */
  let due = new Map<string, number>();
  let next = new Map<string, number>();
  const timer = setInterval(() => {
    due = next;
    next = new Map(heads);
  }, graceMs);

  function behind(devices: Device[], against: Map<string, number>): string | null {
    for (const device of devices) {
      for (const [id, timeline] of device.timelines) {
        const head = against.get(id) ?? 0;
        if (timeline.position() < head)
          return `device ${device.id} has ${timeline.position()} of ${head} messages of ${id}`;
      }
    }
    return null;
  }

  function areComplete(devices: Device[]): boolean {
    const isIdle = (device: Device) =>
      device.isReady() && device.outbox.oldest() === Number.POSITIVE_INFINITY;
    return devices.every(isIdle) && behind(devices, heads) === null && devices.every(hasChanges);
  }

  function hasChanges(device: Device): boolean {
    return [...device.timelines].every(([id, timeline]) => timeline.change() >= (changes.get(id) ?? 0));
  }

  return {
    acked(conversationId, seq) {
      if (seq > (heads.get(conversationId) ?? 0)) heads.set(conversationId, seq);
    },
    changed(conversationId, change) {
      if (change > (changes.get(conversationId) ?? 0)) changes.set(conversationId, change);
    },
    trouble() {
      const offline = raw.filter((device) => !device.isReady());
      const ends = offline.slice(0, 3).map(({ id, lastEnd }) => `${id}: ${lastEnd()}`);
      if (offline.length > 0) return `${offline.length} devices are not connected (${ends.join("; ")})`;
      const late = raw.filter((device) => now() - device.outbox.oldest() > graceMs);
      if (late[0]) return `${late.length} devices wait for an answer to a send: ${late[0].outbox.trouble()}`;
      return behind(raw, due);
    },
    isComplete: () => areComplete(raw),
    isProductComplete: () => areComplete(all.filter((device) => device.isProduct)),
    stop: () => clearInterval(timer),
  };
}
