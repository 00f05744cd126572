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

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const present = items.indexOf(document.activeElement as HTMLElement);
  items[(present + step + items.length) % items.length]?.focus();
}
