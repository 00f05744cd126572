const prefix = "parloir.";

/** Small choices that outlive a visit. Storage can be refused (private modes); the choice then lasts until reload. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // Nothing to do: see above.
  }
}
