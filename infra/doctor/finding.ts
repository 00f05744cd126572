/** What a check found. A problem names its fix. */
export interface Finding {
  what: string;
  state: "ok" | "warning" | "problem" | "unknown";
  found: string;
  fix?: string;
}

export const ok = (what: string, found: string): Finding => ({ what, state: "ok", found });
export const problem = (what: string, found: string, fix: string): Finding => ({
  what,
  state: "problem",
  found,
  fix,
});
export const warning = (what: string, found: string, fix: string): Finding => ({
  what,
  state: "warning",
  found,
  fix,
});
export const unknown = (what: string, found: string): Finding => ({ what, state: "unknown", found });

/** A check that fails itself has found something too. */
export async function attempt(
  what: string,
  fix: string,
  check: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [problem(what, messageOf(error), fix)];
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== ""
    ? `${error.message} (${cause.message})`
    : error.message;
}
