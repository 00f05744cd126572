import type { IceServer, Signal } from "@parloir/contracts/calls.ts";

/** The connection to the other browser. */
export interface Peer {
  /** The caller's: to be called once the other has answered. */
  offer(): void;
  receive(signal: Signal): void;
  /** Shows this track instead; null: none. */
  setTrack(kind: MediaStreamTrack["kind"], track: MediaStreamTrack | null): void;
  close(): void;
}

export type PeerState = "connecting" | "connected" | "lost";

interface PeerOptions {
  iceServers: IceServer[];
  /** For another way: others, when these are not good any more. Fails never. */
  renewServers: () => Promise<IceServer[] | null>;
  local: MediaStream;
  remote: MediaStream;
  send: (signal: Signal) => void;
  onState: (state: PeerState) => void;
}

/** An offer without an answer goes again: the signal may have met a reconnect. */
const answerMs = 4_000;
/** A way that is lost is often back within a moment; then another one is looked for. */
const patienceMs = 3_000;

/**
 * Only the caller offers, so two offers never meet. Both ends always send and receive both kinds, whatever they have:
 * a camera that is switched on later needs no new offer. What belongs to an earlier round of the caller's is ignored.
 */
export function createPeer({ iceServers, renewServers, local, remote, send, onState }: PeerOptions): Peer {
  const connection = new RTCPeerConnection({ iceServers });
  let round = 0;
  let isCaller = false;
  let answered = 0;
  let early: { of: number; candidate: RTCIceCandidateInit }[] = [];
  let again: ReturnType<typeof setTimeout> | undefined;
  let restart: ReturnType<typeof setTimeout> | undefined;
  let work = Promise.resolve();

  /** One after the other: a candidate must not overtake the description that it belongs to. */
  function then(step: () => Promise<void>): void {
    // A connection that was closed meanwhile, or a signal that does not fit: the next round begins anew.
    work = work.then(step).catch(() => undefined);
  }

  const trackOf = (kind: string) => local.getTracks().find((track) => track.kind === kind) ?? null;

  async function describe(): Promise<void> {
    await connection.setLocalDescription();
    tellDescription();
  }

  /** By the second time it holds the candidates found so far: those that were lost go with it. */
  function tellDescription(): void {
    const { localDescription } = connection;
    if (!localDescription) return;
    send({ type: localDescription.type as "offer" | "answer", round, sdp: localDescription.sdp });
    if (!isCaller) return;
    clearTimeout(again);
    again = setTimeout(() => answered < round && tellDescription(), answerMs);
  }

  function offer(): void {
    isCaller = true;
    then(async () => {
      round += 1;
      early = [];
      if (connection.getTransceivers().length === 0) {
        for (const kind of ["audio", "video"])
          connection.addTransceiver(trackOf(kind) ?? kind, { direction: "sendrecv", streams: [local] });
      } else {
        await renew();
        connection.restartIce();
      }
      await describe();
    });
  }

  /** In force with the next description. */
  async function renew(): Promise<void> {
    const renewed = await renewServers();
    if (renewed) connection.setConfiguration({ ...connection.getConfiguration(), iceServers: renewed });
  }

  async function takeOffer(signal: Signal & { type: "offer" }): Promise<void> {
    if (isCaller || signal.round < round) return;
    // Our answer was lost.
    if (signal.round === answered) return tellDescription();
    if (round > 0) await renew();
    round = signal.round;
    await connection.setRemoteDescription({ type: "offer", sdp: signal.sdp });
    for (const transceiver of connection.getTransceivers()) {
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams(local);
      await transceiver.sender.replaceTrack(trackOf(transceiver.receiver.track.kind));
    }
    await describe();
    answered = round;
    await takeEarly();
  }

  async function takeAnswer(signal: Signal & { type: "answer" }): Promise<void> {
    if (!isCaller || signal.round !== round || answered === round) return;
    await connection.setRemoteDescription({ type: "answer", sdp: signal.sdp });
    answered = round;
    clearTimeout(again);
    await takeEarly();
  }

  async function takeEarly(): Promise<void> {
    const waiting = early;
    early = [];
    for (const { of, candidate } of waiting) if (of === round) await connection.addIceCandidate(candidate);
  }

  connection.onicecandidate = ({ candidate }) => {
    if (!candidate || candidate.candidate === "") return;
    const { sdpMid, sdpMLineIndex } = candidate;
    send({ type: "candidate", round, candidate: candidate.candidate, sdpMid, sdpMLineIndex });
  };
  connection.ontrack = ({ track }) => remote.addTrack(track);
  connection.onconnectionstatechange = () => {
    const { connectionState } = connection;
    clearTimeout(restart);
    if (connectionState === "connected") onState("connected");
    if (connectionState !== "disconnected" && connectionState !== "failed") return;
    onState("lost");
    if (isCaller) restart = setTimeout(offer, connectionState === "failed" ? 0 : patienceMs);
  };

  return {
    offer,
    receive(signal) {
      then(async () => {
        if (signal.type === "offer") await takeOffer(signal);
        else if (signal.type === "answer") await takeAnswer(signal);
        else if (signal.type === "candidate") {
          const { round: of, type: _, ...candidate } = signal;
          if (of < round) return;
          if (of === answered) await connection.addIceCandidate(candidate);
          else early.push({ of, candidate });
        }
      });
    },
    setTrack(kind, track) {
      for (const { sender, receiver } of connection.getTransceivers())
        if (receiver.track.kind === kind) void sender.replaceTrack(track).catch(() => undefined);
    },
    close() {
      clearTimeout(again);
      clearTimeout(restart);
      connection.close();
    },
  };
}
