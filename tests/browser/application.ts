import path from "node:path";
import react from "@vitejs/plugin-react";
import type { BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import type { Shown } from "./components/page.tsx";
import { host } from "./host.ts";
import type { Stage } from "./stage.ts";
import { Visitor } from "./visitor.ts";

/** Built once, as an application builds it; served by the browser's own hand at the cluster's address. */
export interface Application {
  /** One person before it; null: somebody who is not signed in. */
  visit(
    userId: string | null,
    shown: Omit<Shown, "userId" | "token">,
    view?: BrowserContextOptions,
  ): Promise<Visitor>;
}

const base = "/application/";
const types: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", css: "text/css" };

export async function buildApplication(stage: () => Stage): Promise<Application> {
  const files = new Map<string, string>();
  const built = await build({
    configFile: false,
    root: path.join(import.meta.dirname, "components"),
    base,
    logLevel: "error",
    plugins: [react()],
    build: { write: false, minify: false },
  });
  if (!("output" in built)) throw new Error("one build gives one output");
  for (const file of built.output)
    files.set(base + file.fileName, String(file.type === "chunk" ? file.code : file.source));

  function serve(page: Page): Promise<unknown> {
    return page.route(`**${base}**`, (route) => {
      const { pathname } = new URL(route.request().url());
      const body = files.get(pathname === base ? `${base}index.html` : pathname);
      if (body === undefined) return route.fulfill({ status: 404 });
      return route.fulfill({ body, contentType: types[path.extname(pathname).slice(1)] ?? types.html! });
    });
  }

  return {
    async visit(userId, shown, view = {}) {
      const { url, browser } = stage();
      const minted = userId && (await host<{ token: string }>(url, "POST", "/api/tokens", { userId }));
      const context = await browser.newContext({ viewport: { width: 1_000, height: 900 }, ...view });
      const visitor = new Visitor(await context.newPage(), url);
      await serve(visitor.page);
      const all: Shown = { userId, token: minted ? minted.token : "", ...shown };
      await visitor.page.goto(`${url}${base}?shown=${encodeURIComponent(JSON.stringify(all))}`);
      return visitor;
    },
  };
}
