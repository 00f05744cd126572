import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { Features } from "lightningcss";
import { defineConfig, type Plugin } from "vite";
import { precompress } from "../client/precompress.ts";

/** `npm start` serves the built pages; `vite web` is for work on them, in front of a running cluster. */
const cluster = process.env.PARLOIR_URL ?? "http://localhost:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), preload("/src/app.tsx"), emojiNames(["en", "fr"]), precompress()],
  // For older browsers the minifier writes «:dir(rtl)» as a list of languages, which is another thing: an English
  // page from right to left was no longer one.
  css: { lightningcss: { exclude: Features.DirSelector } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // An inlined asset would be a data: address, which the content security policy of the pages does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What comes together is one file: by itself the bundler makes forty of what /messages needs, each a request.
        codeSplitting: {
          groups: [
            { name: "start", test: /web\/src\/main\.ts$/, priority: 4 },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\//, priority: 3 },
            { name: "app", test: /web\/src\/app\.tsx$/, priority: 2 },
            { name: "chat", test: /web\/src\/messages\/messages-page\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": cluster,
      "/socket.io": { target: cluster, ws: true },
    },
  },
});

/** Fetched beside the small script that asks for it, not behind it, and so is what it imports. */
function preload(module: string): Plugin {
  return {
    name: "preload",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
        const files = new Set<string>();
        const add = (chunk: (typeof chunks)[number] | undefined) => {
          if (!chunk || files.has(chunk.fileName)) return;
          files.add(chunk.fileName);
          for (const file of chunk.imports) add(chunks.find(({ fileName }) => fileName === file));
        };
        add(chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module))));
        return [...files].map((file) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` },
          injectTo: "head",
        }));
      },
    },
  };
}

/** The names of emoji, which the picker reads with its first use: ours, because the pages load nothing from elsewhere. */
function emojiNames(languages: string[]): Plugin {
  const { resolve } = createRequire(import.meta.url);
  const files = languages.flatMap((language) =>
    ["data", "messages"].map((name) => ({
      path: `emoji/${language}/${name}.json`,
      read: () => readFileSync(resolve(`emojibase-data/${language}/${name}.json`)),
    })),
  );
  return {
    name: "emoji-names",
    generateBundle() {
      for (const { path, read } of files) this.emitFile({ type: "asset", fileName: path, source: read() });
    },
    configureServer({ middlewares }) {
      for (const { path, read } of files)
        middlewares.use(`/${path}`, (_request, response) => void response.end(read()));
    },
  };
}
