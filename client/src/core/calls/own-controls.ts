import type { Cell } from "../observable.ts";
import type { CallState } from "./call-state.ts";
import { createOwnMedia, type MediaKind, type OwnMedia } from "./own-media.ts";

/** What one switches on and off during a call, and what is said when that cannot be. */
export interface OwnControls {
  hold(local: MediaStream): void;
  letGo(): void;
  mute(muted: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
}

export function createOwnControls(options: {
  state: Cell<CallState>;
  /** To the other browser. */
  setTrack: (kind: MediaKind, track: MediaStreamTrack | null) => void;
  tellMedia: () => void;
}): OwnControls {
  const { state, setTrack, tellMedia } = options;
  let media: OwnMedia | null = null;
  const set = (change: Partial<CallState>) => state.update((present) => ({ ...present, ...change }));

  function hold(local: MediaStream): void {
    media = createOwnMedia({
      stream: local,
      onTrack: setTrack,
      onLost: (kind) => void lose(kind),
    });
    set({ local, camera: media.has("video") });
  }

  /** An unplugged microphone is often not the only one; a camera is not switched on behind somebody's back. */
  async function lose(kind: MediaKind): Promise<void> {
    const present = media;
    if (kind === "video") set({ camera: false, trouble: "camera_lost" });
    else if (!(await present?.open("audio")) && present === media)
      set({ muted: true, trouble: "microphone_lost" });
    else silence(state.getSnapshot().muted);
    tellMedia();
  }

  function silence(muted: boolean): void {
    for (const track of state.getSnapshot().local?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  async function mute(muted: boolean): Promise<void> {
    const present = media;
    if (!muted && present && !present.has("audio") && !(await present.open("audio"))) {
      if (present === media) set({ trouble: "microphone" });
      return;
    }
    if (present !== media) return;
    silence(muted);
    set({ muted, ...(muted ? {} : mended("microphone")) });
    tellMedia();
  }

  async function setCamera(on: boolean): Promise<void> {
    const present = media;
    if (!present || state.getSnapshot().camera === on) return;
    if (!on) present.stop("video");
    else if (!(await present.open("video"))) {
      if (present === media) set({ trouble: "camera" });
      return;
    }
    if (present !== media) return;
    set({ camera: on, ...mended("camera") });
    tellMedia();
  }

  /** What was said of this device is over; of the other one it stays. */
  function mended(device: "camera" | "microphone"): Partial<CallState> {
    return state.getSnapshot().trouble?.startsWith(device) ? { trouble: null } : {};
  }

  return {
    hold,
    letGo() {
      media?.close();
      media = null;
    },
    mute,
    setCamera,
  };
}
