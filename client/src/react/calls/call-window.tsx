import { useEffect, useRef, useState } from "react";
import type { CallState } from "../../core/calls/call-state.ts";
import type { Calls } from "../../core/calls/calls.ts";
import { Avatar } from "../avatar.tsx";
import { useClient } from "../client-context.tsx";
import { Icon, type IconName } from "../icons.tsx";
import { useTexts } from "../language.tsx";
import { useSelected, useSnapshot } from "../use-snapshot.ts";
import { type CallTexts, callTexts } from "./texts.ts";
import { holdCalls, useCalls } from "./use-calls.ts";
import { useDuration } from "./use-duration.ts";
import { useRing } from "./use-ring.ts";

export default function CallWindow() {
  const client = useClient();
  const calls = useCalls();
  const state = useSnapshot(calls.state);
  const { language } = useTexts();
  const texts = callTexts[language];
  const name = useNameOf(state);
  useRing(state.phase === "incoming" ? state.callId : null);
  useEffect(() => holdCalls(client), [client]);
  return (
    <>
      {state.phase !== "idle" && <Panel calls={calls} state={state} name={name} texts={texts} />}
      {/* Always there: what appears together with its words is not read out everywhere. */}
      <div className="visually-hidden" aria-live="assertive" data-testid="call-announcer">
        {state.phase === "incoming" ? texts.incoming(isolated(name)) : wordsOf(state, name, texts)}
      </div>
    </>
  );
}

interface PanelProps {
  calls: Calls;
  state: CallState;
  name: string;
  texts: CallTexts;
}

function Panel({ calls, state, name, texts }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const [large, setLarge] = useState(false);
  const { phase } = state;
  useFocus(panel, phase);
  return (
    <section
      ref={panel}
      className="call"
      role="dialog"
      aria-label={texts.videoCall}
      tabIndex={-1}
      data-testid="call"
      data-phase={phase}
      data-outcome={state.outcome ?? undefined}
      data-large={large || undefined}
    >
      {state.local !== null && phase !== "incoming" && <Pictures state={state} name={name} texts={texts} />}
      <Words state={state} name={name} texts={texts} />
      <div className="call-buttons">
        {phase === "incoming" ? (
          <>
            <CallAction
              name="video"
              label={texts.accept}
              kind="accept"
              wide
              onClick={() => void calls.accept()}
            />
            <CallAction name="hangUp" label={texts.decline} kind="end" wide onClick={calls.decline} />
          </>
        ) : phase === "ended" ? (
          <CallAction name="close" label={texts.close} kind="quiet" wide onClick={calls.dismiss} />
        ) : (
          <Controls calls={calls} state={state} texts={texts} large={large} setLarge={setLarge} />
        )}
      </div>
    </section>
  );
}

interface ControlsProps {
  calls: Calls;
  state: CallState;
  texts: CallTexts;
  large: boolean;
  setLarge: (large: boolean) => void;
}

function Controls({ calls, state, texts, large, setLarge }: ControlsProps) {
  const { muted, camera, local } = state;
  return (
    <>
      {local !== null && (
        <>
          <CallAction
            name={muted ? "micOff" : "mic"}
            label={texts.mute}
            pressed={muted}
            kind="toggle"
            onClick={() => void calls.mute(!muted)}
          />
          <CallAction
            name={camera ? "video" : "videoOff"}
            label={texts.cameraOff}
            pressed={!camera}
            kind="toggle"
            onClick={() => void calls.setCamera(!camera)}
          />
          <CallAction
            name="larger"
            label={texts.larger}
            pressed={large}
            kind="toggle"
            onClick={() => setLarge(!large)}
          />
        </>
      )}
      <CallAction name="hangUp" label={texts.hangUp} kind="end" onClick={calls.hangUp} />
    </>
  );
}

interface CallActionProps {
  name: IconName;
  label: string;
  kind: "accept" | "end" | "toggle" | "quiet";
  pressed?: boolean;
  /** With its word beside the picture. */
  wide?: boolean;
  onClick: () => void;
}

function CallAction({ name, label, kind, pressed, wide = false, onClick }: CallActionProps) {
  return (
    <button
      type="button"
      className={`button call-button call-${kind}`}
      aria-label={label}
      title={label}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      data-testid={`call-${kind === "toggle" ? name.replace("Off", "") : kind}`}
      onClick={onClick}
    >
      <Icon name={name} />
      {wide && <span>{label}</span>}
    </button>
  );
}

function Words({ state, name, texts }: Omit<PanelProps, "calls">) {
  const duration = useDuration(state.connectedAt, state.endedAt);
  const { phase, other, outcome } = state;
  const words = phase === "talking" ? duration : wordsOf(state, name, texts, duration);
  return (
    <div className="call-words">
      <p className="call-name">{phase === "incoming" ? texts.incoming(isolated(name)) : <bdi>{name}</bdi>}</p>
      {words !== "" && (
        <p className="call-status" data-testid="call-status">
          {words}
        </p>
      )}
      {phase === "incoming" && outcome !== null && (
        <p className="call-problem" role="alert">
          {texts.outcomes[outcome]}
        </p>
      )}
      {state.trouble !== null && (
        <p className="call-problem" role="alert" data-testid="call-trouble">
          {texts.troubles[state.trouble]}
        </p>
      )}
      {phase === "talking" && !other.audio && (
        <p className="call-status">{texts.otherMuted(isolated(name))}</p>
      )}
    </div>
  );
}

function Pictures({ state, name, texts }: Omit<PanelProps, "calls">) {
  const { local, remote, camera, other, phase } = state;
  const seesOther = phase === "talking" && other.video;
  return (
    <div className="call-pictures">
      <Picture
        stream={remote}
        label={texts.otherPicture(isolated(name))}
        className="call-other"
        hidden={!seesOther}
      />
      {!seesOther && (
        <div className="call-nobody">
          <Avatar name={name} />
          {phase === "talking" && <p>{texts.otherCameraOff(isolated(name))}</p>}
        </div>
      )}
      <Picture stream={local} label={texts.ownPicture} className="call-own" muted hidden={!camera} />
    </div>
  );
}

interface PictureProps {
  stream: MediaStream | null;
  label: string;
  className: string;
  muted?: boolean;
  hidden: boolean;
}

/** Hidden, its sound goes on. */
function Picture({ stream, label, className, muted = false, hidden }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current && video.current.srcObject !== stream) video.current.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={video}
      className={className}
      aria-label={label}
      autoPlay
      playsInline
      muted={muted}
      data-hidden={hidden || undefined}
      data-testid={className}
    />
  );
}

/** Who calls has the call at hand; who is called goes on with what they do until they answer. */
function useFocus(panel: React.RefObject<HTMLElement | null>, phase: CallState["phase"]): void {
  const before = useRef<Element | null>(null);
  useEffect(() => {
    const present = panel.current;
    if (!present) return;
    const isIdle = document.activeElement === document.body || document.activeElement === null;
    if (phase === "asking" || (phase === "incoming" && isIdle)) {
      before.current = document.activeElement;
      present.focus({ preventScroll: true });
    }
    // The button that was pressed is gone.
    else if (phase !== "incoming" && isIdle) present.focus({ preventScroll: true });
  }, [panel, phase]);
  useEffect(
    () => () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    },
    [],
  );
}

/** Keeps a name's direction to itself: it stands in the middle of our sentence. */
const isolated = (name: string) => `\u2068${name}\u2069`;

function wordsOf(state: CallState, name: string, texts: CallTexts, duration = ""): string {
  const { phase, outcome, isCaller, connectedAt } = state;
  if (phase !== "ended") return texts.phases[phase];
  if (!isCaller && (outcome === "cancelled" || outcome === "unanswered")) return texts.missed(isolated(name));
  if (connectedAt !== null && outcome === "hung_up" && duration !== "") return texts.lasted(duration);
  return texts.outcomes[outcome ?? "hung_up"];
}

/** As the list has it, which hears of a new name; in support the other one need not be in it. */
function useNameOf({ conversationId, otherId, otherName }: CallState): string {
  const client = useClient();
  const { t } = useTexts();
  const listed = useSelected(
    client.conversations,
    ({ items }) =>
      items.find(({ id }) => id === conversationId)?.participants.find(({ userId }) => userId === otherId)
        ?.name,
  );
  return listed ?? otherName ?? t.unnamed;
}
