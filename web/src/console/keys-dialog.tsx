import { Dialog } from "@parloir/client/react/dialog.tsx";
import { useConsoleTexts } from "./desk-context.tsx";
import { type KeyAction, type Keys, keyOf } from "./use-keys.ts";

export function KeysDialog({ keys, onClose }: { keys: Keys; onClose: () => void }) {
  const t = useConsoleTexts();
  return (
    <Dialog title={t.keys} onClose={onClose}>
      <div className="dialog-body">
        <label className="check">
          <input type="checkbox" checked={keys.on} onChange={(event) => keys.setOn(event.target.checked)} />
          {t.keysOn}
        </label>
        <dl className="key-list">
          {(Object.keys(keyOf) as KeyAction[]).map((action) => (
            <div key={action} data-action={action}>
              <dt>
                <kbd>{action === "leave" ? t.escape : keyOf[action].toUpperCase()}</kbd>
              </dt>
              <dd>{t.keyList[action]}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
