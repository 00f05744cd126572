import { lazy, Suspense } from "react";
import { useReady } from "../client-context.tsx";
import { whenIdle } from "../when-idle.ts";
import type { CallButtonProps } from "./call-button.tsx";

/** Calls cost nothing until the page runs: what they need comes behind the messages. */

const Button = lazy(() => whenIdle().then(() => import("./call-button.tsx")));
const Window = lazy(() => whenIdle().then(() => import("./call-window.tsx")));

/** In a thread's head: calls the other one. Shows nothing where there is nobody to call, or no way to. */
export function CallButton(props: CallButtonProps) {
  if (!useReady()) return null;
  return (
    <Suspense>
      <Button {...props} />
    </Suspense>
  );
}

/** Once a page, near its top: rings, and shows the call. Without it nobody's call is heard. */
export function CallWindow() {
  if (!useReady()) return null;
  return (
    <Suspense>
      <Window />
    </Suspense>
  );
}
