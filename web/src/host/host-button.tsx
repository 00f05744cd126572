import { useClient } from "@parloir/client/react/client-context.tsx";
import { useState } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useHostTexts } from "./texts.ts";

/** Stands for whatever happens in the host's back end: the browser only asks for it, the server key never comes here. */
export function HostButton({ step }: { step: number }) {
  const t = useHostTexts();
  const client = useClient();
  const { language } = useLanguage();
  const [failed, setFailed] = useState(false);
  return (
    <div className="host-button">
      <button
        type="button"
        className="button button-filled"
        data-testid="act-as-host"
        onClick={() => {
          setFailed(false);
          client.rest("POST", "/api/demo/portal/next", { step, language }).catch(() => setFailed(true));
        }}
      >
        {t.actAsHost}
      </button>
      <span className="quiet">{t.actHint}</span>
      {failed && <span role="alert">{t.actFailed}</span>}
    </div>
  );
}
