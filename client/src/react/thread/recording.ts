import { createCell, type Observable } from "../../core/observable.ts";

export interface RecordingState {
  /** Milliseconds so far. */
  elapsedMs: number;
  /** How loud it was lately, oldest first, each from 0 to 1. */
  levels: readonly number[];
}

/** A voice note that is being recorded. The microphone is let go by either end. */
export interface Recording {
  readonly state: Observable<RecordingState>;
  /** Called when the longest time is reached, with the file. */
  finish(): Promise<File>;
  cancel(): void;
}

const longestMs = 5 * 60_000;
const shownLevels = 32;
const tickMs = 100;

/** What the browser can write and others can play; Safari writes MP4 only. */
const formats = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

interface RecordingOptions {
  /** Of the file, without its ending. */
  name: string;
  onLongest: () => void;
}

/** Asks for the microphone. @throws DOMException NotAllowedError when the person refuses */
export async function startRecording(options: RecordingOptions): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  try {
    return record(stream, options);
  } catch (error) {
    for (const track of stream.getTracks()) track.stop();
    throw error;
  }
}

function record(stream: MediaStream, options: RecordingOptions): Recording {
  const mimeType = formats.find((each) => MediaRecorder.isTypeSupported(each));
  const recorder = new MediaRecorder(stream, mimeType === undefined ? {} : { mimeType });
  const chunks: Blob[] = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const stopped = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve();
  });
  const state = createCell<RecordingState>({ elapsedMs: 0, levels: [] });
  const meter = createMeter(stream);
  const startedAt = Date.now();
  const timer = setInterval(() => {
    const elapsedMs = Date.now() - startedAt;
    state.update(({ levels }) => ({ elapsedMs, levels: [...levels, meter.level()].slice(-shownLevels) }));
    if (elapsedMs >= longestMs) options.onLongest();
  }, tickMs);
  recorder.start(1_000);

  function end(): void {
    clearInterval(timer);
    meter.close();
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  }

  return {
    state,
    async finish() {
      end();
      await stopped;
      const type = (recorder.mimeType || mimeType || "audio/webm").split(";")[0] ?? "";
      const ending = type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm";
      return new File(chunks, `${options.name}.${ending}`, { type });
    },
    cancel: end,
  };
}

function createMeter(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, 4 * rootMeanSquare(samples));
    },
    close: () => void context.close().catch(() => undefined),
  };
}

function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
