/** A seeded source of chance (mulberry32), so that a printed seed gives the same plan again. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  int(below: number): number;
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
  /** An independent stream: what one part draws does not shift what another gets. */
  fork(name: string): Random;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    next,
    int,
    between: (low, high) => low + next() * (high - low),
    pick: (items) => items[int(items.length)]!,
    shuffled(items) {
      const left = [...items];
      return items.map(() => left.splice(int(left.length), 1)[0]!);
    },
    fork: (name) => createRandom(hash(`${seed} ${name}`)),
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  return value >>> 0;
}
