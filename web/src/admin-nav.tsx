import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import { useHostTexts } from "./host/texts.ts";
import { Link } from "./link.tsx";
import { session } from "./session.ts";

const places = {
  messages: "/messages",
  support: "/admin/messages",
  responseTimes: "/admin/stats",
  metrics: "/admin/metrics",
} as const;
type Place = keyof typeof places;

/** From one of the team's pages to another. The metrics are for administrators. */
export function AdminNav({ here }: { here: (typeof places)[Place] }) {
  const t = useHostTexts();
  const role = useSnapshot(session)?.user.role;
  const shown = (Object.keys(places) as Place[]).filter(
    (place) => place !== "metrics" || role === "admin" || here === places.metrics,
  );
  return (
    <nav className="admin-nav" aria-label="Parloir">
      {shown.map((place) => (
        <Link key={place} to={places[place]} isHere={places[place] === here}>
          {t[place]}
        </Link>
      ))}
    </nav>
  );
}
