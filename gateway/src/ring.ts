/** What is numbered without gaps within its conversation, or within whatever else has numbers of its own. */
export interface Sequenced {
  conversationId: string;
  seq: number;
  /** Counts seqs and later changes alike. Absent where nothing ever changes: it is the seq then. */
  change?: number;
}

/** How far a conversation was followed: everything up to `seq`, as it was at `change`. */
export interface Position {
  seq: number;
  change: number;
}

export function changeOf(message: Sequenced): number {
  return message.change ?? message.seq;
}

/** At least so many are kept, at most twice as many. */
const ringSize = 100;
const ringMs = 120_000;

/** The newest messages and changes of one conversation, in the order of their release. */
export class Ring<Item extends Sequenced> {
  private readonly entries: { message: Item; at: number }[] = [];
  /** Every message and every change behind this position is in `entries`. */
  private readonly from: Position;

  constructor(from: Position) {
    this.from = { ...from };
  }

  push(message: Item): void {
    this.entries.push({ message, at: performance.now() });
    // Trimmed by halves: a shift for every message showed in the profile.
    if (this.entries.length >= 2 * ringSize) this.drop(ringSize);
  }

  /**
   * What follows a cursor, each message once and as it stands now: first the older ones that changed, by change, then
   * the new ones, by seq. Without `change` the new ones only. Null when not all of it is here.
   */
  since(seq: number, change: number | undefined): Item[] | null {
    this.dropOld();
    if (seq < this.from.seq || (change !== undefined && change < this.from.change)) return null;
    const newest = new Map<number, Item>();
    for (const { message } of this.entries)
      if (message.seq > seq || (change !== undefined && changeOf(message) > change))
        newest.set(message.seq, message);
    const found = [...newest.values()];
    return [
      ...found.filter((message) => message.seq <= seq).sort((a, b) => changeOf(a) - changeOf(b)),
      ...found.filter((message) => message.seq > seq),
    ];
  }

  private dropOld(): void {
    const oldest = performance.now() - ringMs;
    const first = this.entries.findIndex(({ at }) => at >= oldest);
    this.drop(first === -1 ? this.entries.length : first);
  }

  private drop(count: number): void {
    for (const { message } of this.entries.splice(0, count)) {
      this.from.seq = Math.max(this.from.seq, message.seq);
      this.from.change = Math.max(this.from.change, changeOf(message));
    }
  }
}
