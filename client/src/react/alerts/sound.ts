import { createCell, type Observable } from "../../core/observable.ts";
import { remember, remembered } from "../remembered.ts";
import { createOnce } from "./once.ts";

/** The sound of a notification: short, once in all tabs, and not at all when it is muted. */
export interface Sound {
  readonly muted: Observable<boolean>;
  mute(muted: boolean): void;
  /** @param id names the event, the same in every tab */
  play(id: string): void;
  close(): void;
}

const choice = "muted";

/** In a page only. */
export function createSound(): Sound {
  const muted = createCell(remembered(choice) !== null);
  const once = createOnce({ name: "sound", locks: navigator.locks, storage: localStorage });
  const ended = new AbortController();
  // Muted in one tab is muted in all.
  addEventListener("storage", () => muted.set(remembered(choice) !== null), { signal: ended.signal });
  let context: AudioContext | undefined;

  async function play(id: string): Promise<void> {
    if (muted.getSnapshot() || !(await once(id))) return;
    context ??= new AudioContext();
    // A page that nobody has touched yet may make no sound; then it stays silent.
    await context.resume();
    chime(context);
  }

  return {
    muted,
    mute(next) {
      remember(choice, next ? "1" : null);
      muted.set(next);
    },
    play: (id) => void play(id).catch(() => undefined),
    close() {
      ended.abort();
      void context?.close().catch(() => undefined);
    },
  };
}

/** Two soft notes, a fifth apart; a third of a second in all. */
function chime(context: AudioContext): void {
  for (const [index, frequency] of [587, 880].entries()) {
    const at = context.currentTime + index * 0.12;
    const note = context.createOscillator();
    const volume = context.createGain();
    note.frequency.value = frequency;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.22);
    note.connect(volume).connect(context.destination);
    note.start(at);
    note.stop(at + 0.24);
  }
}
