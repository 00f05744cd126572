import { useLanguage } from "./languages/language.tsx";
import { go } from "./route.ts";

const places = {
  "/admin/messages": { en: "Support", fr: "Support" },
  "/admin/stats": { en: "Response times", fr: "Temps de réponse" },
  "/admin/metrics": { en: "Metrics", fr: "Métriques" },
} as const;

/** From one of the team's pages to another. */
export function AdminNav({ here }: { here: keyof typeof places }) {
  const { language } = useLanguage();
  return (
    <nav className="admin-nav" aria-label="Parloir">
      {Object.entries(places).map(([path, names]) => (
        <a
          key={path}
          href={path}
          aria-current={path === here ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            go(path);
          }}
        >
          {names[language]}
        </a>
      ))}
    </nav>
  );
}
