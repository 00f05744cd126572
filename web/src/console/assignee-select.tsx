import { useSelected, useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

interface AssigneeSelectProps {
  /** Who has it; undefined where several are meant. */
  assigneeId?: string | null;
  disabled?: boolean;
  onChoose: (assigneeId: string | null) => void;
}

const nobody = "";
const unchosen = " ";

export function AssigneeSelect({ assigneeId, disabled = false, onChoose }: AssigneeSelectProps) {
  const t = useConsoleTexts();
  const { team } = useConsole();
  const desks = useSelected(team.state, (state) => state.desks);
  const presence = useSnapshot(team.presence);
  const isKnown = desks.some(({ userId }) => userId === assigneeId);
  return (
    <span className="choice">
      <select
        aria-label={assigneeId === undefined ? t.assignTo : t.assigned}
        value={assigneeId === undefined ? unchosen : (assigneeId ?? nobody)}
        disabled={disabled}
        data-testid="assignee"
        onChange={({ target }) => onChoose(target.value === nobody ? null : target.value)}
      >
        {assigneeId === undefined && (
          <option value={unchosen} disabled>
            {t.assignTo}
          </option>
        )}
        <option value={nobody}>{t.nobody}</option>
        {assigneeId && !isKnown && <option value={assigneeId}>{assigneeId}</option>}
        {desks.map(({ userId, name, open, capacity }) => (
          <option key={userId} value={userId}>
            {userId === assigneeId
              ? name
              : `${name} · ${t.presence[presence[userId]?.status ?? "offline"]} · ${t.load(open, capacity)}`}
          </option>
        ))}
      </select>
    </span>
  );
}
