import type { NotificationPreferences } from "@parloir/contracts/notifications.ts";
import { type FormEvent, useEffect, useState } from "react";
import { useClient } from "../client-context.tsx";
import { Dialog } from "../dialog.tsx";
import { useTexts } from "../language.tsx";
import { settingsTexts } from "./settings-texts.ts";

const channels = ["socket", "push", "email", "webhook"] as const;
const usualHours = { from: "22:00", to: "07:00" };

/** By which ways one is told of new messages, and when not. */
export default function NotificationSettings({ onClose }: { onClose: () => void }) {
  const { t, language } = useTexts();
  const texts = settingsTexts[language];
  const client = useClient();
  const [wanted, setWanted] = useState<NotificationPreferences | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "saving" | "saved" | "failed">("loading");

  useEffect(() => {
    client.bell.preferences().then(
      (preferences) => {
        setWanted(preferences);
        setState("ready");
      },
      () => setState("failed"),
    );
  }, [client]);

  const isSame = wanted?.quietHours != null && wanted.quietHours.from === wanted.quietHours.to;

  function change(next: Partial<NotificationPreferences>) {
    if (wanted) setWanted({ ...wanted, ...next });
    setState("ready");
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!wanted) return;
    setState("saving");
    try {
      setWanted(await client.bell.setPreferences(wanted));
      setState("saved");
    } catch {
      setState("failed");
    }
  }

  return (
    <Dialog title={t.notificationSettings} className="settings" testId="settings" onClose={onClose}>
      {!wanted && <p className="note">{state === "failed" ? texts.failed : t.loading}</p>}
      {wanted && (
        <form onSubmit={(event) => void save(event)}>
          <fieldset>
            <legend>{texts.channels}</legend>
            {channels.map((channel) => (
              <label key={channel}>
                <input
                  type="checkbox"
                  checked={wanted.channels[channel]}
                  data-testid={`channel-${channel}`}
                  onChange={({ target }) =>
                    change({ channels: { ...wanted.channels, [channel]: target.checked } })
                  }
                />
                {texts[channel]}
              </label>
            ))}
          </fieldset>
          <QuietHours
            hours={wanted.quietHours}
            texts={texts}
            onChange={(quietHours) => change({ quietHours })}
          />
          <footer>
            <p role="status" data-testid="settings-state">
              {isSame ? texts.same : state === "saved" ? texts.saved : state === "failed" ? texts.failed : ""}
            </p>
            <button
              type="submit"
              className="button button-filled"
              disabled={isSame || state === "saving"}
              data-testid="save-settings"
            >
              {t.save}
            </button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

interface QuietHoursProps {
  hours: NotificationPreferences["quietHours"];
  texts: (typeof settingsTexts)["en"];
  onChange: (hours: NotificationPreferences["quietHours"]) => void;
}

function QuietHours({ hours, texts, onChange }: QuietHoursProps) {
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <fieldset>
      <legend>{texts.quiet}</legend>
      <label>
        <input
          type="checkbox"
          checked={hours !== null}
          data-testid="quiet-hours"
          onChange={({ target }) => onChange(target.checked ? { zone, ...usualHours } : null)}
        />
        {texts.quietHint}
      </label>
      {hours !== null && (
        <div className="settings-hours">
          {(["from", "to"] as const).map((end) => (
            <label key={end}>
              {texts[end]}
              <input
                type="time"
                required
                value={hours[end]}
                data-testid={`quiet-${end}`}
                onChange={({ target }) => onChange({ ...hours, zone, [end]: target.value })}
              />
            </label>
          ))}
          <span className="settings-zone">{texts.zone(hours.zone)}</span>
        </div>
      )}
    </fieldset>
  );
}
