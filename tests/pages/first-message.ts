import type { Page } from "playwright-core";

/** From the request of the page to its first message on the screen, in milliseconds. */
export interface FirstMessage {
  /** The document was there. */
  document: number;
  firstPaint: number;
  message: number;
  kilobytes: number;
}

/**
 * Opens the page anew, with nothing cached and the CPU so many times slower. What is measured is the page's own clock
 * at the frame in which a bubble first stands, so nothing of the way from the browser to here is in it.
 */
export async function measureFirstMessage(
  page: Page,
  address: string,
  slowdown: number,
): Promise<FirstMessage> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.addInitScript(() => {
    const found = new MutationObserver(() => {
      if (!document.querySelector('[data-testid="bubble"]')) return;
      found.disconnect();
      // Drawn with the next frame, which is over when the one behind it begins.
      requestAnimationFrame(() =>
        requestAnimationFrame((now) => {
          (globalThis as { firstMessage?: number }).firstMessage = now;
        }),
      );
    });
    found.observe(document, { childList: true, subtree: true });
  });
  await page.goto(address);
  const measured = await page.waitForFunction(() => {
    const message = (globalThis as { firstMessage?: number }).firstMessage;
    if (message === undefined) return null;
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const [paint] = performance.getEntriesByName("first-paint");
    return { document: navigation?.responseEnd ?? 0, firstPaint: paint?.startTime ?? 0, message };
  });
  const times = (await measured.jsonValue())!;
  await session.detach();
  return { ...times, kilobytes: bytes / 1_024 };
}
