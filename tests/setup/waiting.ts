/** How long anything may take before a test gives up: machines are shared, and nothing waits for time alone. */
export const deadlineMs = 30_000;
const pollMs = 20;

/** Asks until the answer is as wished; fails with `what` and the last answer. For states that no event announces. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  wished: (answer: T) => boolean,
  withinMs = deadlineMs,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
