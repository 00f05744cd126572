import { asCodedError } from "@parloir/client/core/link.ts";
import { Dialog } from "@parloir/client/react/dialog.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { assignmentModes, type Desk } from "@parloir/contracts/support.ts";
import { useEffect, useState } from "react";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

/** The numbers of open conversations come by asking: more often than otherwise while somebody looks at them. */
const lookedAtMs = 3_000;

/** Who is there, behind the number of those. */
export function TeamButton() {
  const t = useConsoleTexts();
  const { team } = useConsole();
  const { desks } = useSnapshot(team.state);
  const presence = useSnapshot(team.presence);
  const [open, setOpen] = useState(false);
  const online = desks.filter(({ userId }) => presence[userId]?.status === "online").length;
  return (
    <>
      <button
        type="button"
        className="button button-quiet team-button"
        aria-label={`${t.team}: ${t.teamOnline(online)}`}
        data-testid="team"
        onClick={() => setOpen(true)}
      >
        <span className="state-dot" data-state={online > 0 ? "ready" : undefined} />
        <span className="team-word">{t.team}:</span>
        {t.teamOnline(online)}
      </button>
      {open && <TeamDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function TeamDialog({ onClose }: { onClose: () => void }) {
  const t = useConsoleTexts();
  const { team, me } = useConsole();
  const { desks } = useSnapshot(team.state);
  const presence = useSnapshot(team.presence);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    void team.refresh();
    const timer = setInterval(() => void team.refresh(), lookedAtMs);
    return () => clearInterval(timer);
  }, [team]);
  const isAdmin = desks.find(({ userId }) => userId === me.id)?.role === "admin";

  async function change(work: Promise<void>) {
    setFailure(null);
    await work.catch((error: unknown) => setFailure(t.failed(asCodedError(error).code)));
  }

  return (
    <Dialog title={t.team} onClose={onClose}>
      <div className="dialog-body">
        {failure && <p role="alert">{failure}</p>}
        <Assignment change={change} isAdmin={isAdmin} />
        <ul className="team" data-testid="team-list">
          {desks.map((desk) => {
            const status = presence[desk.userId]?.status ?? "offline";
            return (
              <li key={desk.userId}>
                <span className="team-who">
                  <span className="state-dot" data-state={dotOf[status]} />
                  <strong>{desk.name}</strong> <span className="hint">{t.presence[status]}</span>
                </span>
                <span title={t.loadMeaning} className="team-load">
                  {t.load(desk.open, desk.capacity)}
                </span>
                <DeskControls desk={desk} change={change} mayChange={isAdmin || desk.userId === me.id} />
              </li>
            );
          })}
        </ul>
      </div>
    </Dialog>
  );
}

/** Being away is no fault: an empty circle, and the word. */
const dotOf = { online: "ready", away: undefined, offline: undefined } as const;

interface DeskControlsProps {
  desk: Desk;
  mayChange: boolean;
  change: (work: Promise<void>) => Promise<void>;
}

function DeskControls({ desk, mayChange, change }: DeskControlsProps) {
  const t = useConsoleTexts();
  const { team, me } = useConsole();
  const { userId, name, capacity, accepting } = desk;
  if (!mayChange) return accepting ? <span className="hint">{t.accepting}</span> : null;
  return (
    <span className="team-controls">
      <label className="check">
        <input
          type="checkbox"
          checked={accepting}
          onChange={({ target }) => void change(team.changeDesk(userId, { accepting: target.checked }))}
        />
        {userId === me.id ? t.acceptingMe : t.accepting}
      </label>
      <label className="check">
        {t.capacity}
        <input
          // Another agent may change it while one looks.
          key={capacity}
          type="number"
          className="field field-number"
          aria-label={t.capacityOf(name)}
          min={0}
          max={1_000}
          defaultValue={capacity}
          onBlur={({ target }) =>
            target.validity.valid &&
            target.value !== "" &&
            target.valueAsNumber !== capacity &&
            void change(team.changeDesk(userId, { capacity: target.valueAsNumber }))
          }
        />
      </label>
    </span>
  );
}

function Assignment({ change, isAdmin }: { change: DeskControlsProps["change"]; isAdmin: boolean }) {
  const t = useConsoleTexts();
  const { team } = useConsole();
  const { settings } = useSnapshot(team.state);
  if (!settings) return null;
  return (
    <section className="team-assignment">
      <label>
        {t.assignment}{" "}
        <select
          className="field"
          value={settings.assignment}
          disabled={!isAdmin}
          data-testid="assignment"
          onChange={({ target }) => {
            const assignment = assignmentModes.find((mode) => mode === target.value);
            if (assignment) void change(team.changeSettings({ assignment }));
          }}
        >
          {assignmentModes.map((mode) => (
            <option key={mode} value={mode}>
              {t.assignmentModes[mode]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.defaultCapacity}{" "}
        <input
          key={settings.defaultCapacity}
          type="number"
          className="field field-number"
          min={0}
          max={1_000}
          disabled={!isAdmin}
          defaultValue={settings.defaultCapacity}
          onBlur={({ target }) =>
            target.validity.valid &&
            target.value !== "" &&
            target.valueAsNumber !== settings.defaultCapacity &&
            void change(team.changeSettings({ defaultCapacity: target.valueAsNumber }))
          }
        />
      </label>
      <p className="hint">{t.assignmentHint}</p>
    </section>
  );
}
