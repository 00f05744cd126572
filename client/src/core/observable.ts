/** State that a view can follow: immutable snapshots in the form `useSyncExternalStore` expects. */
export interface Observable<T> {
  getSnapshot(): T;
  /** Calls `listener` after every change. Returns the function that ends it. */
  subscribe(listener: () => void): () => void;
}

export interface Cell<T> extends Observable<T> {
  /** Does nothing when `next` is the present snapshot, so that views re-render only for real changes. */
  set(next: T): void;
  update(change: (present: T) => T): void;
}

export function createCell<T>(initial: T): Cell<T> {
  let snapshot = initial;
  const listeners = new Set<() => void>();

  function set(next: T): void {
    if (Object.is(next, snapshot)) return;
    snapshot = next;
    // A copy: a listener may unsubscribe others while it runs.
    for (const listener of [...listeners]) listener();
  }

  return {
    getSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set,
    update: (change) => set(change(snapshot)),
  };
}
