import { type ReactNode, useEffect, useRef } from "react";

interface PopoverProps {
  /** What it stands beside. */
  anchor: HTMLElement;
  onClose: () => void;
  role?: "menu" | "dialog";
  label: string;
  className?: string;
  children: ReactNode;
}

const gapPixels = 4;

/**
 * Something small above the page. The browser closes it at Escape and at a click elsewhere, and gives the focus back;
 * it goes with its anchor, and closes where that is scrolled out of sight: a thread scrolls by itself with each message.
 * Focus goes to the first thing in it that takes it.
 */
export function Popover({ anchor, onClose, role = "dialog", label, className = "", children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    element.showPopover();
    place(element, anchor);
    element.querySelector<HTMLElement>("button, input, [tabindex]")?.focus({ preventScroll: true });
    const resized = new ResizeObserver(() => place(element, anchor));
    resized.observe(element);
    const onScroll = ({ target }: Event) => {
      if (!(target instanceof Node && target.contains(anchor))) return;
      if (isInView(anchor, target)) place(element, anchor);
      else element.hidePopover();
    };
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
    const onToggle = ({ newState }: ToggleEvent) => newState === "closed" && close.current();
    element.addEventListener("toggle", onToggle);
    return () => {
      resized.disconnect();
      document.removeEventListener("scroll", onScroll, { capture: true });
      element.removeEventListener("toggle", onToggle);
    };
  }, [anchor]);

  const name = { role, "aria-label": label };
  return (
    <div ref={box} popover="auto" {...name} className={`popover ${className}`}>
      {children}
    </div>
  );
}

function isInView(anchor: HTMLElement, scrolled: Node): boolean {
  const at = anchor.getBoundingClientRect();
  const frame = (scrolled instanceof Element ? scrolled : document.documentElement).getBoundingClientRect();
  const bottom = Math.min(frame.bottom, document.documentElement.clientHeight);
  return at.bottom > Math.max(0, frame.top) && at.top < bottom;
}

/** Below the anchor where there is room, else above; never beyond the window's edges. */
function place(element: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const { clientWidth, clientHeight } = document.documentElement;
  const isBelow = at.bottom + gapPixels + height <= clientHeight;
  const top = isBelow ? at.bottom + gapPixels : Math.max(gapPixels, at.top - gapPixels - height);
  const isInRightHalf = at.left + at.width / 2 > clientWidth / 2;
  const left = isInRightHalf ? at.right - width : at.left;
  element.style.top = `${top}px`;
  element.style.left = `${Math.min(Math.max(gapPixels, left), Math.max(gapPixels, clientWidth - width - gapPixels))}px`;
}
