/** How late timers run, as the worst of the last second: what a client's packet waits before it is looked at. */
export interface EventLoopLag {
  ms: () => number;
  stop: () => void;
}

const sampleMs = 100;
const samples = 10;

export function watchEventLoopLag(): EventLoopLag {
  const recent: number[] = [];
  let expected = performance.now() + sampleMs;
  const timer = setInterval(() => {
    const now = performance.now();
    recent.push(Math.max(0, now - expected));
    if (recent.length > samples) recent.shift();
    expected = now + sampleMs;
  }, sampleMs);
  timer.unref();
  return { ms: () => Math.max(0, ...recent), stop: () => clearInterval(timer) };
}
