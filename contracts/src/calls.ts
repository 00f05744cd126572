import * as z from "zod/mini";
import { textProblem } from "./content.ts";
import { uuid } from "./ids.ts";

/**
 * Video calls, one to one. Sound and picture go from browser to browser (WebRTC); through the gateways go only the ring,
 * what became of it, and the signals by which the two browsers find each other. See docs/decisions/0037.
 */

export const callStatuses = ["ringing", "active", "ended"] as const;
export type CallStatus = (typeof callStatuses)[number];

/** `cancelled` and `unanswered` are the caller's, `failed` is a connection that never came or was lost. */
export const callEndings = [
  "busy",
  "declined",
  "cancelled",
  "unanswered",
  "hung_up",
  "failed",
  "forbidden",
] as const;
export type CallEnding = (typeof callEndings)[number];

/** As all devices of its two people are told of it, whole with every change. */
export interface Call {
  /** Chosen by the caller's device: asking again starts no second call. */
  id: string;
  conversationId: string;
  callerId: string;
  calleeId: string;
  /** As they are called when it begins: in support the two need not be in each other's list. */
  callerName: string;
  calleeName: string;
  /** The page that calls, and the one that answered: the others of the same person are not in the call. */
  callerDevice: string;
  calleeDevice: string | null;
  status: CallStatus;
  ending: CallEnding | null;
  startedAt: string;
  answeredAt: string | null;
  endedAt: string | null;
}

/** So long it rings. */
export const ringMs = 45_000;
/** While it rings its state is told again and again: a device that comes late, or lost a push, rings after that long. */
export const ringAgainMs = 4_000;
/** Who is in a call says so this often. */
export const callBeatMs = 15_000;
/** Nothing heard of a ring for so long: the caller is gone. */
export const ringLostMs = 15_000;
/** Nothing heard of either side for so long: the call is forgotten, and both can be called again. */
export const callLostMs = 60_000;

/** Chrome's offer of one picture and one sound has about 7,000 characters; a frame holds 16 KB. */
export const maxSdpCharacters = 12_000;

const text = (most: number) =>
  z.string().check(
    z.maxLength(most),
    z.refine((value) => textProblem(value) === null, "is not text"),
  );
/** Which exchange of offer and answer it belongs to: what is left of an earlier one is ignored. */
const round = z.int().check(z.minimum(1), z.maximum(1_000));

/** What one browser says to the other, in the words of WebRTC; `media` is what it sends at present. */
export const signal = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("offer"), round, sdp: text(maxSdpCharacters) }),
  z.strictObject({ type: z.literal("answer"), round, sdp: text(maxSdpCharacters) }),
  z.strictObject({
    type: z.literal("candidate"),
    round,
    candidate: text(1_024),
    sdpMid: z.nullable(text(64)),
    sdpMLineIndex: z.nullable(z.int().check(z.minimum(0), z.maximum(64))),
  }),
  z.strictObject({ type: z.literal("media"), audio: z.boolean(), video: z.boolean() }),
]);
export type Signal = z.infer<typeof signal>;

/** Commands of calls, for `commandSchemas`. */
export const callCommands = {
  start_call: z.strictObject({ conversationId: uuid, callId: uuid, deviceId: uuid }),
  accept_call: z.strictObject({ callId: uuid, deviceId: uuid }),
  /** Again after each reconnect, and every `callBeatMs`, or while it rings `ringAgainMs`. */
  join_call: z.strictObject({ callId: uuid, deviceId: uuid }),
  decline_call: z.strictObject({ callId: uuid }),
  end_call: z.strictObject({ callId: uuid, because: z.optional(z.enum(["unanswered", "failed"])) }),
  signal_call: z.strictObject({ callId: uuid, signal }),
} as const;

/** A STUN or TURN server, as `RTCPeerConnection` takes it. */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

export interface IceServers {
  iceServers: IceServer[];
  /** Of the credentials; null where there are none. */
  expiresAt: string | null;
}
