import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { lazy, Suspense, useEffect } from "react";
import { LanguageProvider } from "./languages/language.tsx";
import { go, route } from "./route.ts";
import { session } from "./session.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";

// Sockets, virtual list and link detection are not needed to choose who one is.
const MessagesPage = lazy(() => import("./messages/messages-page.tsx"));

export function App() {
  const { path } = useSnapshot(route);
  const present = useSnapshot(session);
  const wanted = present ? (path === "/sign-in" ? "/sign-in" : "/messages") : "/sign-in";

  useEffect(() => {
    if (path !== wanted) go(wanted, "replace");
  }, [path, wanted]);

  return (
    <LanguageProvider>
      {present && wanted === "/messages" ? (
        <Suspense>
          <MessagesPage key={present.user.id} user={present.user} />
        </Suspense>
      ) : (
        <SignInPage />
      )}
    </LanguageProvider>
  );
}
