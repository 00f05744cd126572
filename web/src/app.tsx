import { SettingsContext } from "@parloir/client/react/settings.ts";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { LanguageProvider } from "./languages/language.tsx";
import { firstPage, go, route, signInFor } from "./route.ts";
import { session } from "./session.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";

// Sockets, virtual list and link detection are not needed to choose who one is.
type User = { id: string; name: string };
const pages: Record<string, ComponentType<{ user: User }>> = {
  "/messages": lazy(() => import("./messages/messages-page.tsx")),
  "/admin/messages": lazy(() => import("./console/console-page.tsx")),
  "/admin/stats": lazy(() => import("./stats/stats-page.tsx")),
  "/admin/metrics": lazy(() => import("./metrics/metrics-page.tsx")),
  "/portal": lazy(() => import("./host/portal-page.tsx")),
  "/bank": lazy(() => import("./host/bank-page.tsx")),
};

/** Those that one may look at without signing in. */
const openPages: Record<string, ComponentType<{ user: User | null }>> = {
  "/marketplace": lazy(() => import("./host/marketplace-page.tsx")),
};

/** Beside the pages: they load nothing from elsewhere. */
const settings = { emojiDataUrl: "/emoji" };

export function App() {
  const { path, search } = useSnapshot(route);
  const present = useSnapshot(session);
  const OpenPage = openPages[path];
  const known = path === "/sign-in" || path in pages;
  const wanted = OpenPage ? path : present ? (known ? path : firstPage) : "/sign-in";
  const Page = present ? pages[wanted] : undefined;

  useEffect(() => {
    if (path !== wanted) go(wanted === "/sign-in" ? signInFor(path, search) : wanted, "replace");
  }, [path, search, wanted]);

  return (
    <LanguageProvider>
      <SettingsContext value={settings}>
        <Suspense>
          {OpenPage && <OpenPage key={`${wanted} ${present?.user.id}`} user={present?.user ?? null} />}
          {present && Page && <Page key={`${wanted} ${present.user.id}`} user={present.user} />}
        </Suspense>
        {!OpenPage && !Page && <SignInPage />}
      </SettingsContext>
    </LanguageProvider>
  );
}
