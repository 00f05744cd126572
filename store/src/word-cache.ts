/** Longer ones hardly ever come again. */
const longestRemembered = 48;

/**
 * Remembers what `read` answered for a word. Two generations of half the size each: a word that is asked for lives on,
 * and when the young one is full the old one goes as a whole.
 * @param read answers for each word, in order
 */
export function createWordCache(
  size: number,
  read: (words: string[]) => Promise<string[]>,
): (words: string[]) => Promise<(word: string) => string> {
  let young = new Map<string, string>();
  let old = new Map<string, string>();

  function remember(word: string, answer: string): void {
    if (young.size >= size / 2) {
      old = young;
      young = new Map();
    }
    young.set(word, answer);
  }

  return async (words) => {
    const found = new Map<string, string>();
    const unknown = new Set<string>();
    for (const word of words) {
      if (found.has(word) || unknown.has(word)) continue;
      const answer = young.get(word) ?? old.get(word);
      if (answer === undefined) unknown.add(word);
      else {
        found.set(word, answer);
        if (!young.has(word)) remember(word, answer);
      }
    }
    if (unknown.size > 0) {
      const asked = [...unknown];
      const answers = await read(asked);
      for (const [n, word] of asked.entries()) {
        found.set(word, answers[n]!);
        if (word.length <= longestRemembered) remember(word, answers[n]!);
      }
    }
    return (word) => found.get(word)!;
  };
}
