import type { ReactNode } from "react";
import { go } from "./route.ts";

interface LinkProps {
  to: string;
  isHere: boolean;
  children: ReactNode;
}

/** To another page of ours, without loading it anew; in a new tab as any link. */
export function Link({ to, isHere, children }: LinkProps) {
  return (
    <a
      href={to}
      aria-current={isHere ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
