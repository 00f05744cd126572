import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** `npm start` serves the built pages; `vite web` is for work on them, in front of a running cluster. */
const cluster = process.env.PARLOIR_URL ?? "http://localhost:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), emojiNames(["en", "fr"])],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // An inlined asset would be a data: address, which the content security policy of the pages does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": cluster,
      "/socket.io": { target: cluster, ws: true },
    },
  },
});

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
