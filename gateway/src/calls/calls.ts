import { type Call, type CallEnding, ringMs } from "@parloir/contracts/calls.ts";
import type { CommandPayload } from "@parloir/contracts/commands.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { rooms as roomNames } from "@parloir/contracts/ids.ts";
import type { Callee, CalleeItem, EndedCallItem } from "@parloir/contracts/internal.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { endedCall } from "@parloir/platform/untold-calls.ts";
import type { GatewayServer, GatewaySocket } from "../context.ts";
import type { CallStore } from "./call-store.ts";

/**
 * Rings, answers and endings. A gateway keeps nothing of a call: any gateway can take the next word about it, and one
 * that dies ends none, for sound and picture never went through it.
 *
 * Each change is told whole to every page of both people; a lost push is mended by the next one, which comes every few
 * seconds while it rings.
 */
export interface Calls {
  /** @throws CodedError as `callee` does; CONFLICT when the caller is in another call */
  start: (socket: GatewaySocket, wanted: CommandPayload<"start_call">) => Promise<Call>;
  /** @throws CodedError NOT_FOUND for who is not called; CONFLICT when another device answered, or it rings no more */
  accept: (socket: GatewaySocket, device: CommandPayload<"accept_call">) => Promise<Call>;
  /** One's own device is in it still. @throws CodedError NOT_FOUND, CONFLICT */
  join: (socket: GatewaySocket, device: CommandPayload<"join_call">) => Promise<Call>;
  /** @throws CodedError NOT_FOUND; CONFLICT when it rings no more */
  decline: (callId: string, userId: string) => Promise<Call>;
  /** A call that has ended stays as it is. @throws CodedError NOT_FOUND */
  end: (callId: string, userId: string, because?: "unanswered" | "failed") => Promise<Call>;
}

/** Beyond this a page rings that should have stopped by itself. */
const longestRingMs = ringMs + 10_000;
const mostTries = 5;

export function createCalls(options: {
  io: GatewayServer;
  store: CallStore;
  /** Whom a person may call. @throws CodedError */
  callee: (item: CalleeItem) => Promise<Callee>;
  /** Resolves when the rooms' subscriptions are in force. */
  subscribed: (rooms: string[]) => Promise<void>;
  /** For the line in the conversation. It is waited for by nobody, and does not fail. */
  record: (call: EndedCallItem) => void;
  metrics: Metrics;
}): Calls {
  const { io, store, callee } = options;
  const counted = options.metrics.get("parloir_calls_total");

  function tell(call: Call): Call {
    for (const userId of [call.callerId, call.calleeId])
      io.to(roomNames.user(userId)).emit("call_updated", call);
    if (call.status === "ended") {
      counted.inc({ outcome: call.ending ?? "hung_up" });
      // Only the gateway whose word ended it gets here; with a lost answer of the store a worker tells.
      options.record(endedCall(call));
      // Nothing more is relayed, whoever asks.
      io.in(roomNames.call(call.id)).socketsLeave(roomNames.call(call.id));
    }
    return call;
  }

  /** Before the other one is told: their first signal must not come too early. */
  async function enter(socket: GatewaySocket, call: Call): Promise<void> {
    const room = roomNames.call(call.id);
    await socket.join(room);
    await options.subscribed([room]);
  }

  async function ofPerson(callId: string, userId: string): Promise<Call> {
    const call = await store.read(callId);
    if (!call || (call.callerId !== userId && call.calleeId !== userId))
      throw new CodedError("NOT_FOUND", "no such call");
    return call;
  }

  /** What `next` makes of the call, judged again when another change was quicker. */
  async function change(callId: string, userId: string, next: (call: Call) => Call): Promise<Call> {
    for (let tries = 0; tries < mostTries; tries++) {
      const call = await ofPerson(callId, userId);
      const changed = next(call);
      if (changed === call || (await store.replace(call, changed))) return changed;
    }
    throw new CodedError("UNAVAILABLE", "the call changed all the time");
  }

  /** Whether the two may talk is asked again while they do: one may have left, or blocked the other. */
  async function checkStill({ conversationId, callerId, calleeId }: Call): Promise<void> {
    await callee({ conversationId, userId: callerId, otherId: calleeId });
  }

  async function end(callId: string, userId: string, endingOf: (call: Call) => CallEnding): Promise<Call> {
    let wasEnded = false;
    const call = await change(callId, userId, (present) => {
      wasEnded = present.status === "ended";
      return wasEnded ? present : ended(present, endingOf(present));
    });
    return wasEnded ? call : tell(call);
  }

  return {
    async start(socket, { callId, conversationId, deviceId }) {
      const { userId } = socket.data.user;
      const other = await callee({ conversationId, userId, otherId: null });
      const call: Call = {
        id: callId,
        conversationId,
        callerId: userId,
        calleeId: other.userId,
        callerName: other.callerName,
        calleeName: other.name,
        callerDevice: deviceId,
        calleeDevice: null,
        status: "ringing",
        ending: null,
        startedAt: new Date().toISOString(),
        answeredAt: null,
        endedAt: null,
      };
      const inTheWay = await store.begin(call);
      if (inTheWay === null) {
        counted.inc({ outcome: "started" });
        await enter(socket, call);
        return tell(call);
      }
      const present = await store.read(inTheWay.callId);
      if (inTheWay.whose === "call") {
        const same = sameStart(present, call);
        if (same.status !== "ended") await enter(socket, same);
        return same;
      }
      // Both called at the same moment: the second one is shown the first one's call, to accept it.
      if (present && isFrom(present, other.userId, userId, conversationId)) return present;
      if (inTheWay.whose === "caller") throw new CodedError("CONFLICT", "you are in another call");
      return tell(ended(call, "busy"));
    },
    async accept(socket, { callId, deviceId }) {
      const { userId } = socket.data.user;
      const ringing = await ofPerson(callId, userId);
      if (ringing.calleeId !== userId) throw new CodedError("NOT_FOUND", "no such call");
      await checkStill(ringing);
      let isNew = false;
      const call = await change(callId, userId, (present) => {
        isNew = present.status === "ringing";
        if (isNew)
          return {
            ...present,
            status: "active",
            calleeDevice: deviceId,
            answeredAt: new Date().toISOString(),
          };
        if (present.status === "active" && present.calleeDevice === deviceId) return present;
        throw new CodedError("CONFLICT", "it rings no more");
      });
      await enter(socket, call);
      if (!isNew) return call;
      counted.inc({ outcome: "answered" });
      return tell(call);
    },
    async join(socket, { callId, deviceId }) {
      const { userId } = socket.data.user;
      const call = await ofPerson(callId, userId);
      const device = call.callerId === userId ? call.callerDevice : call.calleeDevice;
      if (device !== deviceId) throw new CodedError("CONFLICT", "another device is in this call");
      if (call.status === "ended") return call;
      if (call.status === "ringing" && Date.now() - Date.parse(call.startedAt) > longestRingMs)
        return end(callId, userId, () => "unanswered");
      try {
        await checkStill(call);
      } catch (error) {
        if (!(error instanceof CodedError) || error.code === "UNAVAILABLE") throw error;
        return end(callId, userId, () => "forbidden");
      }
      // Renewed as it is; when it changed meanwhile, that renewed it.
      await store.replace(call, call);
      await enter(socket, call);
      return call.status === "ringing" ? tell(call) : call;
    },
    decline(callId, userId) {
      return end(callId, userId, (call) => {
        if (call.status !== "ringing" || call.calleeId !== userId)
          throw new CodedError("CONFLICT", "it rings no more");
        return "declined";
      });
    },
    end(callId, userId, because) {
      return end(callId, userId, (call) => {
        if (call.status === "active") return because === "failed" ? "failed" : "hung_up";
        if (call.calleeId === userId) return "declined";
        return because ?? "cancelled";
      });
    },
  };
}

function ended(call: Call, ending: CallEnding): Call {
  return { ...call, status: "ended", ending, endedAt: new Date().toISOString() };
}

function isFrom(call: Call, callerId: string, calleeId: string, conversationId: string): boolean {
  return (
    call.status === "ringing" &&
    call.callerId === callerId &&
    call.calleeId === calleeId &&
    call.conversationId === conversationId
  );
}

/** The same start again answers the call; somebody else's id is as good as taken. */
function sameStart(present: Call | null, wanted: Call): Call {
  const isSame = present?.callerId === wanted.callerId && present.callerDevice === wanted.callerDevice;
  if (!present || !isSame || present.conversationId !== wanted.conversationId)
    throw new CodedError("CONFLICT", "this id is another call's");
  return present;
}
