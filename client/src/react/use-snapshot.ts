import { useCallback, useRef, useSyncExternalStore } from "react";
import type { Observable } from "../core/observable.ts";

/** Renders again whenever the state of `observable` changes. */
export function useSnapshot<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.getSnapshot, observable.getSnapshot);
}

/** Renders again only when the selected part changes; `select` must return the same value for the same state. */
export function useSelected<T, Part>(observable: Observable<T>, select: (state: T) => Part): Part {
  const latest = useRef(select);
  latest.current = select;
  const read = useCallback(() => latest.current(observable.getSnapshot()), [observable]);
  return useSyncExternalStore(observable.subscribe, read, read);
}
