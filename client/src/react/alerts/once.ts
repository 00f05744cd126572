/** One of several tabs does it. True in the tab that may. */
export type Once = (id: string) => Promise<boolean>;

interface OnceOptions {
  name: string;
  /** Absent where the browser has none: then every tab does it. */
  locks: Pick<LockManager, "request"> | undefined;
  storage: Pick<Storage, "getItem" | "setItem">;
}

/** So many are remembered; an event reaches all tabs within a second. */
const remembered = 50;

/** Tabs of a browser hear of an event at about the same moment: the first to hold the lock notes that it was done. */
export function createOnce({ name, locks, storage }: OnceOptions): Once {
  const key = `parloir.once.${name}`;

  function claim(id: string): boolean {
    try {
      const done = JSON.parse(storage.getItem(key) ?? "[]") as unknown;
      const ids = Array.isArray(done) ? done : [];
      if (ids.includes(id)) return false;
      storage.setItem(key, JSON.stringify([...ids, id].slice(-remembered)));
    } catch {
      // Refused storage: the tabs cannot know of each other.
    }
    return true;
  }

  return async (id) => (locks ? await locks.request(key, async () => claim(id)) : claim(id));
}
