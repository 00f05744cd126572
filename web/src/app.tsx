import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { LanguageProvider } from "./languages/language.tsx";
import { firstPage, go, route, signInFor } from "./route.ts";
import { session } from "./session.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";

// Sockets, virtual list and link detection are not needed to choose who one is.
const pages: Record<string, ComponentType<{ user: { id: string; name: string } }>> = {
  "/messages": lazy(() => import("./messages/messages-page.tsx")),
  "/admin/messages": lazy(() => import("./console/console-page.tsx")),
  "/admin/stats": lazy(() => import("./stats/stats-page.tsx")),
  "/admin/metrics": lazy(() => import("./metrics/metrics-page.tsx")),
};

export function App() {
  const { path } = useSnapshot(route);
  const present = useSnapshot(session);
  const known = path === "/sign-in" || path in pages;
  const wanted = present ? (known ? path : firstPage) : "/sign-in";
  const Page = present ? pages[wanted] : undefined;

  useEffect(() => {
    if (path !== wanted) go(wanted === "/sign-in" ? signInFor(path) : wanted, "replace");
  }, [path, wanted]);

  return (
    <LanguageProvider>
      {present && Page ? (
        <Suspense>
          <Page key={`${wanted} ${present.user.id}`} user={present.user} />
        </Suspense>
      ) : (
        <SignInPage />
      )}
    </LanguageProvider>
  );
}
