/** In the product's look: white, hairlines, one blue; dark where the system is. */
export const styles = `
:root { --ground: #FFFFFF; --raised: #F8FAFC; --text: #0F172A; --second: #475569; --line: #E2E8F0; --accent: #2563EB }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0F172A; --raised: #1E293B; --text: #F8FAFC; --second: #94A3B8; --line: #334155; --accent: #60A5FA }
}
* { box-sizing: border-box }
body { margin: 0; display: grid; grid-template-columns: 220px minmax(0, 1fr); background: var(--ground); color: var(--text);
  font: 400 14px/20px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 16px; border-right: 1px solid var(--line) }
nav p { margin: 16px 0 4px; color: var(--second); font-size: 12px; line-height: 16px }
nav .brand { margin-top: 0; color: var(--text); font-size: 18px; font-weight: 600; line-height: 26px }
nav ul { margin: 0; padding: 0; list-style: none }
nav a { display: block; padding: 4px 0; text-decoration: none }
main { padding: 24px 32px 64px; max-width: 960px }
h1 { font-size: 24px; line-height: 32px; font-weight: 600; margin: 0 0 8px }
h2 { font-size: 18px; line-height: 26px; font-weight: 600; margin: 40px 0 0; padding-bottom: 8px; border-bottom: 1px solid var(--line) }
h3 { font-size: 14px; line-height: 20px; font-weight: 600; margin: 0 }
h4 { font-size: 12px; line-height: 16px; font-weight: 600; margin: 12px 0 4px; color: var(--second) }
section { padding: 16px 0; border-bottom: 1px solid var(--line); scroll-margin-top: 8px }
section p { margin: 4px 0 }
a { color: var(--accent) }
code, pre { font: 13px/18px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { margin: 0; padding: 12px; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 6px }
.method { display: inline-block; min-width: 64px; color: var(--accent); font-weight: 600 }
.who { color: var(--second); font-size: 12px; padding: 0 8px; border: 1px solid var(--line); border-radius: 6px; white-space: nowrap }
summary { cursor: pointer; color: var(--accent); padding: 4px 0 }
:focus-visible { outline: 2px solid #3B82F6; outline-offset: 2px }
@media (max-width: 720px) { body { display: block } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line) } main { padding: 16px } }
`;
