import { openTrack } from "./media.ts";

/** What went wrong with one's own camera or microphone during a call. */
export type CallTrouble = "camera" | "camera_lost" | "microphone" | "microphone_lost";

export type MediaKind = "audio" | "video";

/** The tracks of one's own stream during a call: switched on and off, and lost when a device is unplugged. */
export interface OwnMedia {
  has(kind: MediaKind): boolean;
  /** @returns false when there is none, or the page may not use it, or the call is over by then */
  open(kind: MediaKind): Promise<boolean>;
  /** Stopped, not only silenced: the camera's light goes out. */
  stop(kind: MediaKind): void;
  close(): void;
}

/**
 * @param onTrack the track that is shown from now on; null: none
 * @param onLost its device is gone: unplugged, or taken away by the browser's own controls
 */
export function createOwnMedia(options: {
  stream: MediaStream;
  onTrack: (kind: MediaKind, track: MediaStreamTrack | null) => void;
  onLost: (kind: MediaKind) => void;
}): OwnMedia {
  const { stream, onTrack, onLost } = options;
  const closed = new AbortController();
  const ofKind = (kind: MediaKind) => stream.getTracks().filter((track) => track.kind === kind);

  function watch(track: MediaStreamTrack): void {
    // Not told of a track that one stops oneself.
    const lost = () => {
      const kind = track.kind as MediaKind;
      stream.removeTrack(track);
      onTrack(kind, null);
      onLost(kind);
    };
    track.addEventListener("ended", lost, { once: true, signal: closed.signal });
  }

  for (const track of stream.getTracks()) watch(track);
  return {
    has: (kind) => ofKind(kind).length > 0,
    async open(kind) {
      const track = await openTrack(kind).catch(() => null);
      if (!track) return false;
      if (closed.signal.aborted || ofKind(kind).length > 0) {
        track.stop();
        return !closed.signal.aborted;
      }
      stream.addTrack(track);
      watch(track);
      onTrack(kind, track);
      return true;
    },
    stop(kind) {
      for (const track of ofKind(kind)) {
        track.stop();
        stream.removeTrack(track);
      }
      onTrack(kind, null);
    },
    close() {
      closed.abort();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
