import type { ComponentType } from "react";

/** A page's code, which comes when it is first wanted. */
export interface PageCode<Props> {
  /** Null until it was loaded. */
  present: ComponentType<Props> | null;
  load(): Promise<void>;
}

type User = { id: string; name: string };

export const pages: Record<string, PageCode<{ user: User }>> = {
  "/messages": code(() => import("./messages/messages-page.tsx")),
  "/admin/messages": code(() => import("./console/console-page.tsx")),
  "/admin/stats": code(() => import("./stats/stats-page.tsx")),
  "/admin/metrics": code(() => import("./metrics/metrics-page.tsx")),
  "/portal": code(() => import("./host/portal-page.tsx")),
  "/bank": code(() => import("./host/bank-page.tsx")),
};

/** Those that one may look at without signing in. */
export const openPages: Record<string, PageCode<{ user: User | null }>> = {
  "/marketplace": code(() => import("./host/marketplace-page.tsx")),
};

function code<Props>(ask: () => Promise<{ default: ComponentType<Props> }>): PageCode<Props> {
  const page: PageCode<Props> = {
    present: null,
    async load() {
      page.present ??= (await ask()).default;
    },
  };
  return page;
}
