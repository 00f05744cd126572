/**
 * What somebody wanted to do when they were asked to sign in, which may lead them to other pages. Of this tab alone, and
 * for a while: who signs in much later, or elsewhere, wants something else.
 */
const key = "parloir.wish";
const lastsMs = 15 * 60_000;

export function keepWish(what: string): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ what, until: Date.now() + lastsMs }));
  } catch {
    // Refused storage: they click again.
  }
}

/** Whether this was the wish. It is granted once. */
export function takeWish(what: string): boolean {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (!isWish(kept) || kept.what !== what) return false;
    sessionStorage.removeItem(key);
    return kept.until > Date.now();
  } catch {
    return false;
  }
}

function isWish(kept: unknown): kept is { what: string; until: number } {
  return typeof kept === "object" && kept !== null && "what" in kept && "until" in kept;
}
