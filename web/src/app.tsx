import { SettingsContext } from "@parloir/client/react/settings.ts";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { type ComponentType, useEffect, useReducer } from "react";
import { createRoot } from "react-dom/client";
import { LanguageProvider } from "./languages/language.tsx";
import { openPages, type PageCode, pages } from "./pages.ts";
import { firstPage, go, route, signInFor } from "./route.ts";
import { session } from "./session.ts";
import { SignInPage } from "./sign-in/sign-in-page.tsx";

/** Beside the pages: they load nothing from elsewhere. */
const settings = { emojiDataUrl: "/emoji" };

export function show(root: HTMLElement): void {
  createRoot(root).render(<App />);
}

function App() {
  const { path, search } = useSnapshot(route);
  const present = useSnapshot(session);
  const isOpen = path in openPages;
  const known = path === "/sign-in" || path in pages;
  const wanted = isOpen ? path : present ? (known ? path : firstPage) : "/sign-in";
  const OpenPage = usePage(openPages[wanted]);
  const Page = usePage(present ? pages[wanted] : undefined);

  useEffect(() => {
    if (path !== wanted) go(wanted === "/sign-in" ? signInFor(path, search) : wanted, "replace");
  }, [path, search, wanted]);

  useEffect(refuseStrayFiles, []);

  return (
    <LanguageProvider>
      <SettingsContext value={settings}>
        {OpenPage && <OpenPage key={`${wanted} ${present?.user.id}`} user={present?.user ?? null} />}
        {present && Page && <Page key={`${wanted} ${present.user.id}`} user={present.user} />}
        {!isOpen && !(present && wanted in pages) && <SignInPage />}
      </SettingsContext>
    </LanguageProvider>
  );
}

/** A file that is let go beside what takes files would open in the place of the page. */
function refuseStrayFiles(): () => void {
  const ended = new AbortController();
  for (const type of ["dragover", "drop"] as const)
    addEventListener(
      type,
      (event) => {
        if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "none";
      },
      { signal: ended.signal },
    );
  return () => ended.abort();
}

/**
 * Not `lazy`: code that is there already would still suspend, and React keeps what was suspended back for 300 ms, lest
 * the page flicker.
 */
function usePage<Props>(code: PageCode<Props> | undefined): ComponentType<Props> | null {
  const [, loaded] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    if (code && !code.present) void code.load().then(loaded);
  }, [code]);
  return code?.present ?? null;
}
