import { Icon } from "@parloir/client/react/icons.tsx";
import { useEffect, useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { type PushState, presentState, renew, switchOff, switchOn } from "./push.ts";

/** Whether this browser tells the person of messages while no page is open. Hidden where the browser cannot. */
export function PushSwitch({ userId }: { userId: string }) {
  const { t } = useLanguage();
  const [state, setState] = useState<PushState>(() => presentState(userId));
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    // Without an answer the subscription of before stands.
    renew(userId).catch(() => undefined);
  }, [userId]);

  if (state === "unsupported") return null;
  const texts = { on: t.pushOn, off: t.pushOff, denied: t.pushDenied };
  const text = failed ? t.pushFailed : texts[state];

  async function change() {
    setBusy(true);
    setFailed(false);
    try {
      if (state === "on") {
        await switchOff(userId);
        setState("off");
      } else setState(await switchOn(userId));
    } catch {
      setFailed(true);
      setState(presentState(userId));
    }
    setBusy(false);
  }

  return (
    <button
      type="button"
      className="button button-icon button-quiet"
      aria-label={text}
      title={text}
      aria-pressed={state === "on"}
      disabled={busy || state === "denied"}
      data-testid="push-switch"
      data-state={failed ? "failed" : state}
      onClick={() => void change()}
    >
      <Icon name={state === "on" ? "device" : "deviceOff"} />
    </button>
  );
}
