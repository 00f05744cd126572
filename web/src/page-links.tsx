import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useHostTexts } from "./host/texts.ts";
import { Link } from "./link.tsx";
import { route } from "./route.ts";
import { isTeam, session } from "./session.ts";

const pages = {
  messages: "/messages",
  marketplace: "/marketplace",
  portal: "/portal",
  bank: "/bank",
} as const;
const teamPages = { support: "/admin/messages", responseTimes: "/admin/stats" } as const;
const adminPages = { metrics: "/admin/metrics" } as const;

/** From one page of the demonstration to the others, and for those who answer to where they do. */
export function PageLinks() {
  const t = useHostTexts();
  const { path } = useSnapshot(route);
  const role = useSnapshot(session)?.user.role;
  const shown = { ...pages, ...(isTeam(role) ? teamPages : {}), ...(role === "admin" ? adminPages : {}) };
  return (
    <nav className="page-links" aria-label={t.pages}>
      {Object.entries(shown).map(([name, to]) => (
        <Link key={name} to={to} isHere={path === to}>
          {t[name as keyof typeof shown]}
        </Link>
      ))}
    </nav>
  );
}
