import type { KeyboardEvent, ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { Popover } from "./popover.tsx";

interface MenuProps {
  anchor: HTMLElement;
  onClose: () => void;
  label: string;
  children: ReactNode;
}

/** Of `MenuItem`s and other elements with their role. Within it arrows move and Tab leaves. */
export function Menu({ anchor, onClose, label, children }: MenuProps) {
  return (
    <Popover anchor={anchor} onClose={onClose} role="menu" label={label} className="menu">
      <div role="none" onKeyDown={moveFocus}>
        {children}
      </div>
    </Popover>
  );
}

interface MenuItemProps {
  icon: IconName;
  text: string;
  tone?: "error";
  focused?: boolean;
  onClick: () => void;
}

export function MenuItem({ icon, text, tone, focused, onClick }: MenuItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      className="menu-item"
      data-tone={tone}
      ref={(element) => {
        if (focused) element?.focus();
      }}
      onClick={onClick}
    >
      <Icon name={icon} size={16} />
      {text}
    </button>
  );
}

interface AskingItemProps {
  icon: IconName;
  text: string;
  question: string;
  isAsked: boolean;
  onAsk: () => void;
  onSure: () => void;
}

/**
 * For what cannot be taken back: the first click turns it into its question, the second is the answer. The question is
 * another button, so that the second half of a double click does not answer it.
 */
export function AskingItem({ icon, text, question, isAsked, onAsk, onSure }: AskingItemProps) {
  const item = { icon, tone: "error" } as const;
  return isAsked ? (
    <MenuItem key="question" {...item} text={question} focused onClick={onSure} />
  ) : (
    <MenuItem key="item" {...item} text={text} onClick={onAsk} />
  );
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const present = items.indexOf(document.activeElement as HTMLElement);
  items[(present + step + items.length) % items.length]?.focus();
}
