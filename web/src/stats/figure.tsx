import type { ReactNode } from "react";
import type { WaitsBehind } from "./address.ts";
import { useStats } from "./stats-context.tsx";

interface FigureProps {
  /** How many waits lie behind it: none lead nowhere. */
  n: number;
  waits: Partial<WaitsBehind>;
  /** Without: the number itself. */
  children?: ReactNode;
}

/** A figure, and the way to what it is made of. */
export function Figure({ n, waits, children = n }: FigureProps) {
  const { show } = useStats();
  return (
    <button type="button" className="figure-link" disabled={n === 0} onClick={() => show(waits)}>
      {children}
    </button>
  );
}
