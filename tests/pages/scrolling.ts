import type { Page } from "playwright-core";

export interface Scrolling {
  frames: number;
  /** Of what the thread has, how many messages were reached. */
  reached: number;
  /** Between one frame and the next, in milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  longest: number;
  /** Of all frames, those that came more than 50 ms after the one before: what people see as a jerk. */
  janky: number;
  mostRows: number;
}

/** A thumb that goes on: so many pixels in each frame, which is three screens a second. */
const pixels = 40;

/** Scrolls an open thread upwards for so long, through whatever loads meanwhile. */
export async function measureScrolling(page: Page, count: number, seconds: number): Promise<Scrolling> {
  const measured = await page.evaluate(
    async ({ pixels, seconds }) => {
      const scroller = document.querySelector('[data-testid="messages"] [data-virtuoso-scroller="true"]')!;
      const gaps: number[] = [];
      let mostRows = 0;
      const began = performance.now();
      let last = began;
      while (last - began < seconds * 1_000) {
        const now = await new Promise<number>((done) => requestAnimationFrame(done));
        if (gaps.length > 0 || now > last) gaps.push(now - last);
        last = now;
        scroller.scrollTop -= pixels;
        if (gaps.length % 30 === 0)
          mostRows = Math.max(mostRows, scroller.querySelectorAll('[data-testid="message"]').length);
      }
      const first = scroller.querySelector('[data-testid="bubble"]')?.textContent ?? "";
      return { gaps: gaps.slice(1), mostRows, first: Number(/\d+/.exec(first)?.[0] ?? 0) };
    },
    { pixels, seconds },
  );
  const gaps = measured.gaps.toSorted((a, b) => a - b);
  const at = (share: number) => gaps[Math.min(gaps.length - 1, Math.floor(share * gaps.length))] ?? 0;
  return {
    frames: gaps.length,
    reached: count - measured.first + 1,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    longest: gaps.at(-1) ?? 0,
    janky: gaps.filter((gap) => gap > 50).length / Math.max(1, gaps.length),
    mostRows: measured.mostRows,
  };
}
