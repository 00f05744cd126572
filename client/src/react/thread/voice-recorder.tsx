import { useEffect, useRef, useState } from "react";
import { Icon } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSnapshot } from "../use-snapshot.ts";
import type { Recording } from "./recording.ts";
import { Waveform } from "./waveform.tsx";

export const canRecord = () =>
  typeof MediaRecorder !== "undefined" && navigator.mediaDevices?.getUserMedia !== undefined;

/** Beside the composer's field: records a voice note, which then waits among the files to be sent. */
export function VoiceRecorder({ onRecorded }: { onRecorded: (file: File) => void }) {
  const { t } = useTexts();
  const [recording, setRecording] = useState<Recording | null>(null);
  const [problem, setProblem] = useState(false);
  const present = useRef<Recording>(null);
  // The browser asks the person for as long as they take: who clicks twice has begun once, and who has left, nothing.
  const starting = useRef(false);
  const left = useRef(false);
  // Who leaves the thread lets go of the microphone.
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
      present.current?.cancel();
    };
  }, []);

  function show(next: Recording | null) {
    present.current = next;
    setRecording(next);
  }

  async function start() {
    if (starting.current) return;
    starting.current = true;
    setProblem(false);
    try {
      const { startRecording } = await import("./recording.ts");
      const next = await startRecording({ name: t.voiceNote, onLongest: () => void finish() });
      if (left.current) next.cancel();
      else show(next);
    } catch {
      setProblem(true);
    } finally {
      starting.current = false;
    }
  }

  async function finish() {
    const ended = present.current;
    if (!ended) return;
    show(null);
    onRecorded(await ended.finish());
  }

  if (recording)
    return (
      <Running
        recording={recording}
        onFinish={() => void finish()}
        onCancel={() => {
          recording.cancel();
          show(null);
        }}
      />
    );
  if (!canRecord()) return null;
  return (
    <>
      <button
        type="button"
        className="button button-quiet"
        aria-label={t.recordVoice}
        title={t.recordVoice}
        data-testid="record"
        onClick={() => void start()}
      >
        <Icon name="mic" />
      </button>
      {problem && (
        <p className="composer-problem" role="alert">
          {t.noMicrophone}
        </p>
      )}
    </>
  );
}

/** The picture has its width from the first moment. */
const silence: readonly number[] = Array.from({ length: 32 }, () => 0);

interface RunningProps {
  recording: Recording;
  onFinish: () => void;
  onCancel: () => void;
}

function Running({ recording, onFinish, onCancel }: RunningProps) {
  const { t, formats } = useTexts();
  const { elapsedMs, levels } = useSnapshot(recording.state);
  return (
    <div className="recorder" data-testid="recorder">
      <button
        type="button"
        className="button button-quiet"
        aria-label={t.cancelRecording}
        title={t.cancelRecording}
        onClick={onCancel}
      >
        <Icon name="bin" />
      </button>
      <span className="recorder-dot" aria-hidden="true" />
      <span role="status" className="visually-hidden">
        {t.recording}
      </span>
      <Waveform peaks={[...silence, ...levels].slice(-silence.length)} />
      <span className="recorder-time">{formats.duration(elapsedMs)}</span>
      <button
        type="button"
        className="button button-outlined"
        aria-label={t.finishRecording}
        title={t.finishRecording}
        data-testid="finish-recording"
        // The focus was on the button that this one replaces.
        ref={(element) => element?.focus()}
        onClick={onFinish}
      >
        <Icon name="check" />
      </button>
    </div>
  );
}
