import type { CallEnding } from "@parloir/contracts/calls.ts";
import { asCodedError } from "../link.ts";
import type { CallTrouble } from "./own-media.ts";

/**
 * `asking`: for the camera, or whether one may call. `calling` rings at the other one, `incoming` rings here. `lost`:
 * the connection between the two browsers broke, another way is looked for.
 */
export type CallPhase =
  | "idle"
  | "asking"
  | "calling"
  | "incoming"
  | "connecting"
  | "talking"
  | "lost"
  | "ended";

/** Why a call ended, or never began: `media` is no camera or microphone that one may use. */
export type CallOutcome = CallEnding | "media" | "offline" | "refused";

export interface CallState {
  phase: CallPhase;
  callId: string | null;
  conversationId: string | null;
  /** Whom one talks with. */
  otherId: string | null;
  otherName: string | null;
  isCaller: boolean;
  outcome: CallOutcome | null;
  /** When the two were connected first, milliseconds since 1970 by this machine's clock. */
  connectedAt: number | null;
  endedAt: number | null;
  local: MediaStream | null;
  remote: MediaStream | null;
  muted: boolean;
  camera: boolean;
  /** Of one's own camera or microphone, until it is mended. */
  trouble: CallTrouble | null;
  /** What the other one sends. */
  other: { audio: boolean; video: boolean };
}

export const idle: CallState = {
  phase: "idle",
  callId: null,
  conversationId: null,
  otherId: null,
  otherName: null,
  isCaller: false,
  outcome: null,
  connectedAt: null,
  endedAt: null,
  local: null,
  remote: null,
  muted: false,
  camera: false,
  trouble: null,
  other: { audio: true, video: true },
};

/** Of a command that was refused. */
export function outcomeOf(error: unknown): CallOutcome {
  const { code } = asCodedError(error);
  if (code === "UNAVAILABLE") return "offline";
  return code === "FORBIDDEN" ? "forbidden" : "refused";
}
