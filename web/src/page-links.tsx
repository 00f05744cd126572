import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useHostTexts } from "./host/texts.ts";
import { go, route } from "./route.ts";

const pages = ["messages", "marketplace", "portal", "bank"] as const;

/** From one page of the demonstration to the others. */
export function PageLinks() {
  const t = useHostTexts();
  const { path } = useSnapshot(route);
  return (
    <nav className="page-links" aria-label={t.pages}>
      {pages.map((page) => (
        <a
          key={page}
          href={`/${page}`}
          aria-current={path === `/${page}` ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            go(`/${page}`);
          }}
        >
          {t[page]}
        </a>
      ))}
    </nav>
  );
}
