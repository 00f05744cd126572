import type { Conversation, SharedConversation } from "@parloir/contracts/shapes.ts";
import { useState } from "react";
import { AssigneeSelect } from "./assignee-select.tsx";
import { useConsole, useConsoleTexts } from "./desk-context.tsx";

interface BulkBarProps {
  chosen: readonly Conversation[];
  /** Without ids: all of them. */
  deselect: (ids?: readonly string[]) => void;
}

/** What is done with all that are selected; those with which it was not done stay so. */
export function BulkBar({ chosen, deselect }: BulkBarProps) {
  const t = useConsoleTexts();
  const { actions, me } = useConsole();
  const [busy, setBusy] = useState(false);

  async function run(work: Promise<readonly SharedConversation[]>): Promise<void> {
    setBusy(true);
    const done = await work;
    setBusy(false);
    deselect(done.map(({ id }) => id));
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
      <button type="button" className="button button-quiet" onClick={() => deselect()}>
        {t.selectNone}
      </button>
    </div>
  );
}
