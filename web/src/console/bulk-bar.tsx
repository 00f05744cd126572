import type { Conversation } from "@parloir/contracts/shapes.ts";
import { useState } from "react";
import { AssigneeSelect } from "./assignee-select.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

/** What is done with all that are selected. */
export function BulkBar({ chosen, clear }: { chosen: readonly Conversation[]; clear: () => void }) {
  const t = useConsoleTexts();
  const { actions, me } = useConsole();
  const [busy, setBusy] = useState(false);

  async function run(work: Promise<void>): Promise<void> {
    setBusy(true);
    await work;
    setBusy(false);
    clear();
  }

  return (
    <div className="bulk" data-testid="bulk">
      <span role="status">{t.selected(chosen.length)}</span>
      <button
        type="button"
        className="button button-outlined"
        disabled={busy}
        onClick={() => void run(actions.assignAll(chosen, me.id))}
      >
        {t.assignMe}
      </button>
      <AssigneeSelect disabled={busy} onChoose={(id) => void run(actions.assignAll(chosen, id))} />
      {(["pending", "close", "reopen"] as const).map((action) => (
        <button
          key={action}
          type="button"
          className="button button-outlined"
          disabled={busy}
          onClick={() => void run(actions.setStatusOfAll(chosen, action))}
        >
          {t[action]}
        </button>
      ))}
      <button type="button" className="button button-quiet" onClick={clear}>
        {t.selectNone}
      </button>
    </div>
  );
}
