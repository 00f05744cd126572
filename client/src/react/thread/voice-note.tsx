import type { Attachment } from "@parloir/contracts/shapes.ts";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { peaksOf } from "./peaks.ts";
import { Waveform } from "./waveform.tsx";

interface VoiceNoteProps {
  file: Attachment;
  /** Null until it is known. */
  url: string | undefined;
  onError: () => void;
}

const bars = 40;
const flat: readonly number[] = Array.from({ length: bars }, () => 0);
/** Longer sounds are played without a picture of them: decoding takes their whole length in memory. */
const mostDecodedBytes = 4_000_000;

/** A sound in a message: play, its waveform, and a slider over it for whoever wants to hear a part again. */
export function VoiceNote({ file, url, onError }: VoiceNoteProps) {
  const { t, formats } = useTexts();
  const audio = useRef<HTMLAudioElement>(null);
  const { peaks, seconds } = useDecoded(file, url);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const length = seconds ?? 0;

  function toggle() {
    const element = audio.current;
    if (!element) return;
    if (playing) element.pause();
    else element.play().catch(() => setPlaying(false));
  }

  return (
    <div className="voice" data-testid="voice-note" data-seconds={seconds ?? undefined}>
      <button
        type="button"
        className="voice-play"
        aria-label={playing ? t.pauseVoice : t.playVoice}
        data-testid="play"
        onClick={toggle}
      >
        <Icon name={playing ? "pause" : "play"} size={16} />
      </button>
      <span className="voice-wave">
        <Waveform peaks={peaks} played={length > 0 ? at / length : 0} />
        <input
          type="range"
          min={0}
          max={Math.max(length, 0.1)}
          step={0.1}
          value={Math.min(at, length)}
          disabled={length === 0}
          aria-label={t.position}
          aria-valuetext={formats.duration(at * 1_000)}
          onChange={(event) => {
            if (audio.current) audio.current.currentTime = Number(event.target.value);
          }}
        />
      </span>
      <span className="voice-time">{formats.duration((at > 0 ? at : length) * 1_000)}</span>
      <audio
        ref={audio}
        preload="none"
        src={url}
        onError={onError}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
      >
        <track kind="captions" />
      </audio>
    </div>
  );
}

/** Its waveform and its length, which the containers that browsers record do not say. */
function useDecoded(file: Attachment, url: string | undefined) {
  const [decoded, setDecoded] = useState<{ peaks: readonly number[]; seconds: number | null }>({
    peaks: flat,
    seconds: file.durationMs === undefined ? null : file.durationMs / 1_000,
  });
  const isDecoded = decoded.peaks !== flat;
  useEffect(() => {
    if (url === undefined || isDecoded || file.size > mostDecodedBytes) return;
    const ended = new AbortController();
    decode(url, ended.signal).then(
      (buffer) => setDecoded({ peaks: peaksOf(buffer.getChannelData(0), bars), seconds: buffer.duration }),
      () => undefined, // It can be played all the same.
    );
    return () => ended.abort();
  }, [url, isDecoded, file.size]);
  return decoded;
}

async function decode(url: string, signal: AbortSignal): Promise<AudioBuffer> {
  const answer = await fetch(url, { signal });
  // Offline: it needs no loudspeaker, and no gesture of the person.
  return new OfflineAudioContext(1, 1, 44_100).decodeAudioData(await answer.arrayBuffer());
}
