import { askEarly } from "./early.ts";
import { openPages, pages } from "./pages.ts";
import { route } from "./route.ts";
import { session, validToken } from "./session.ts";
import { showTheme } from "./theme.ts";

// Small, because nothing else begins before it: what the page shows, its code and React's then come side by side.
showTheme();

const present = route.getSnapshot();
const token = validToken();
if (token !== null) askEarly(present, token);

const code = openPages[present.path] ?? (session.getSnapshot() ? pages[present.path] : undefined);
// No `await` out here: what is waited for imports modules that are built into one file with this one.
void start(code?.load());

async function start(loading: Promise<void> | undefined): Promise<void> {
  const [{ show }] = await Promise.all([
    import("./app.tsx"),
    // Not there (any more): asked again when it is shown, which is where it is told.
    loading?.catch(() => undefined),
  ]);
  const root = document.getElementById("root");
  if (root) show(root);
}
