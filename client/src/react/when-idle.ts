const latestMs = 2_000;

/** For code that nobody waits for: when the page has nothing more urgent to do, and soon in any case. */
export function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === "function")
      requestIdleCallback(() => resolve(), { timeout: latestMs });
    else setTimeout(resolve, latestMs / 10);
  });
}
