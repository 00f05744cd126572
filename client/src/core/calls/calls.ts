import {
  type Call,
  type CallEnding,
  callBeatMs,
  ringAgainMs,
  ringLostMs,
  ringMs,
  type Signal,
} from "@parloir/contracts/calls.ts";
import type { Client } from "../client.ts";
import { createId } from "../ids.ts";
import { asCodedError, type LinkEvent } from "../link.ts";
import { createCell, type Observable } from "../observable.ts";
import { type CallOutcome, type CallState, idle, outcomeOf } from "./call-state.ts";
import { createFarewells } from "./farewells.ts";
import { createServers } from "./ice-servers.ts";
import { openMedia } from "./media.ts";
import { createOwnControls } from "./own-controls.ts";
import { createPeer, type Peer } from "./peer.ts";

/** One call of this page, with its browser's media. */
export interface Calls {
  readonly state: Observable<CallState>;
  /** @param otherName whom it calls, until the cluster says so */
  start(conversationId: string, otherName?: string): Promise<void>;
  accept(): Promise<void>;
  decline(): void;
  hangUp(): void;
  mute(muted: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** What the last call came to is known. */
  dismiss(): void;
  close(): void;
}

/** Without a way between the two browsers for so long nobody waits any more. */
const giveUpMs = 30_000;

type CallingClient = Pick<Client, "me" | "request" | "rest" | "onEvent">;

export function createCalls(client: CallingClient): Calls {
  const { request } = client;
  const state = createCell<CallState>(idle);
  /** Of this page: another one of the same person is another device. */
  const deviceId = createId();
  let call: Call | null = null;
  let peer: Peer | null = null;
  let beat: ReturnType<typeof setInterval> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const farewells = createFarewells(request);
  /** Rises with every call: what was asked for an earlier one is not for this. */
  let attempt = 0;
  let opening = false;

  const set = (change: Partial<CallState>) => state.update((present) => ({ ...present, ...change }));
  const phase = () => state.getSnapshot().phase;
  const isBusy = () => phase() !== "idle" && phase() !== "ended";

  const own = createOwnControls({ state, tellMedia, setTrack: (kind, track) => peer?.setTrack(kind, track) });

  function endAfter(ms: number, end: () => void): void {
    clearTimeout(deadline);
    deadline = setTimeout(end, ms);
  }

  function finish(outcome: CallOutcome): void {
    attempt += 1;
    clearTimeout(deadline);
    clearInterval(beat);
    peer?.close();
    peer = null;
    call = null;
    own.letGo();
    const nothing = { local: null, remote: null, camera: false, trouble: null };
    set({ phase: "ended", outcome, endedAt: Date.now(), ...nothing });
  }

  /** Ours ends at once, whether or not it can be said now. */
  function leave(outcome: CallEnding): void {
    const callId = call?.id;
    finish(outcome);
    if (callId !== undefined) farewells.end(callId, outcome);
  }

  function beatEvery(ms: number): void {
    clearInterval(beat);
    beat = setInterval(join, ms);
  }

  /** Says that this page is in the call, and learns whether there is one still. */
  function join(): void {
    const callId = call?.id;
    if (callId === undefined || phase() === "incoming") return;
    tellMedia();
    request("join_call", { callId, deviceId }).then(
      (present) => take(present),
      (error: unknown) => {
        const { code } = asCodedError(error);
        // Whatever the cluster forgot or cannot say, two browsers that talk go on by themselves.
        const isOver = code === "NOT_FOUND" || code === "CONFLICT";
        if (call?.id === callId && isOver && phase() !== "talking") finish("failed");
      },
    );
  }

  function send(signal: Signal): void {
    // One that is lost is sent again with the next round, or the next beat.
    if (call) request("signal_call", { callId: call.id, signal }).catch(() => undefined);
  }

  function tellMedia(): void {
    const { muted, camera } = state.getSnapshot();
    if (call?.status === "active") send({ type: "media", audio: !muted, video: camera });
  }

  async function connect(present: Call): Promise<void> {
    const mine = attempt;
    const isCaller = present.callerDevice === deviceId;
    const remote = new MediaStream();
    set({ phase: "connecting", remote });
    beatEvery(callBeatMs);
    endAfter(giveUpMs, () => leave("failed"));
    const servers = createServers(client.rest);
    const iceServers = (await servers()) ?? [];
    const { local } = state.getSnapshot();
    if (mine !== attempt || !local) return;
    peer = createPeer({ iceServers, renewServers: servers, local, remote, send, onState: follow });
    for (const signal of early.splice(0)) peer.receive(signal);
    tellMedia();
    if (isCaller) peer.offer();
  }

  /** Signals that came before there was a connection to receive them. */
  const early: Signal[] = [];

  function follow(connection: "connecting" | "connected" | "lost"): void {
    if (connection === "connected") {
      clearTimeout(deadline);
      set({ phase: "talking", connectedAt: state.getSnapshot().connectedAt ?? Date.now() });
    } else if (connection === "lost" && phase() !== "lost") {
      set({ phase: "lost" });
      endAfter(giveUpMs, () => leave("failed"));
    }
  }

  /** What the cluster says of a call, of this page or not. */
  function take(present: Call): void {
    if (call?.id !== present.id) {
      const isForUs = present.status === "ringing" && present.calleeId === client.me();
      if (isForUs && !isBusy() && !farewells.has(present.id)) ring(present);
      return;
    }
    const wasRinging = call.status === "ringing";
    // Acks and pushes overtake each other; a call only goes forward.
    if (order(present) < order(call)) return;
    call = present;
    const isHere = present.callerDevice === deviceId || present.calleeDevice === deviceId;
    if (present.status === "ended") finish(present.ending ?? "hung_up");
    else if (present.status === "ringing" && phase() === "incoming") endAfter(ringLostMs, missed);
    else if (present.status === "active" && !isHere) answeredElsewhere();
    else if (present.status === "active" && wasRinging) void connect(present);
  }

  const order = ({ status }: Call) => (status === "ringing" ? 0 : status === "active" ? 1 : 2);

  function ring(present: Call): void {
    attempt += 1;
    call = present;
    early.length = 0;
    const { conversationId, callerId: otherId, callerName: otherName } = present;
    state.set({ ...idle, phase: "incoming", callId: present.id, conversationId, otherId, otherName });
    endAfter(ringLostMs, missed);
  }

  /** The caller's page is gone: its word was not heard for too long. */
  function missed(): void {
    finish("cancelled");
  }

  function answeredElsewhere(): void {
    finish("hung_up");
    dismiss();
  }

  async function openOwn(mine: number): Promise<boolean> {
    opening = true;
    try {
      const local = await openMedia();
      if (mine === attempt) {
        own.hold(local);
        return true;
      }
      for (const track of local.getTracks()) track.stop();
    } catch {
      if (mine === attempt && phase() === "asking") finish("media");
      else if (mine === attempt) set({ outcome: "media" });
    } finally {
      opening = false;
    }
    return false;
  }

  async function start(conversationId: string, otherName?: string): Promise<void> {
    if (isBusy()) return;
    const mine = ++attempt;
    early.length = 0;
    state.set({ ...idle, phase: "asking", conversationId, isCaller: true, otherName: otherName ?? null });
    if (!(await openOwn(mine))) return;
    try {
      const callId = createId();
      const begun = await request("start_call", { conversationId, callId, deviceId });
      if (mine !== attempt) return void request("end_call", { callId }).catch(() => undefined);
      call = begun;
      // The other one called at the same moment.
      if (begun.id !== callId) return await answer(begun);
      set({ callId, otherId: begun.calleeId, otherName: begun.calleeName });
      if (begun.status === "ended") return finish(begun.ending ?? "busy");
      set({ phase: "calling" });
      beatEvery(ringAgainMs);
      endAfter(ringMs, () => leave("unanswered"));
    } catch (error) {
      if (mine !== attempt) return;
      finish(outcomeOf(error));
    }
  }

  async function answer(ringing: Call): Promise<void> {
    const { id: callId, callerId: otherId, callerName: otherName } = ringing;
    set({ callId, isCaller: false, otherId, otherName });
    take(await request("accept_call", { callId, deviceId }));
  }

  async function accept(): Promise<void> {
    const ringing = call;
    const mine = attempt;
    if (!ringing || phase() !== "incoming" || opening) return;
    set({ outcome: null });
    if (!(await openOwn(mine))) return;
    try {
      await answer(ringing);
    } catch (error) {
      if (mine !== attempt) return;
      const outcome = outcomeOf(error);
      // It rings no more: cancelled, or answered by another device, in the same moment.
      finish(outcome === "refused" ? "cancelled" : outcome);
    }
  }

  function dismiss(): void {
    if (phase() === "ended") state.set(idle);
  }

  function listen({ event, payload }: LinkEvent): void {
    if (event === "call_updated") take(payload);
    if (event === "call_signal" && payload.callId === call?.id) hear(payload.signal);
    if (event !== "ready") return;
    farewells.again();
    join();
  }

  function hear(signal: Signal): void {
    if (signal.type === "media") set({ other: { audio: signal.audio, video: signal.video } });
    else if (peer) peer.receive(signal);
    else early.push(signal);
  }

  const stop = client.onEvent(listen);
  const page = new AbortController();
  // A page that goes takes its camera with it: the other one should not have to find out by silence.
  const goodbye = () => isBusy() && phase() !== "incoming" && leave("hung_up");
  globalThis.addEventListener?.("pagehide", goodbye, { signal: page.signal });

  return {
    state,
    start,
    accept,
    decline() {
      if (!call || phase() !== "incoming") return;
      farewells.decline(call.id);
      finish("declined");
      dismiss();
    },
    hangUp() {
      if (phase() === "incoming" || !isBusy()) return;
      leave(phase() === "calling" || phase() === "asking" ? "cancelled" : "hung_up");
    },
    mute: own.mute,
    setCamera: own.setCamera,
    dismiss,
    close() {
      goodbye();
      clearTimeout(deadline);
      page.abort();
      stop();
    },
  };
}
