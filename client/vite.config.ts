import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { precompress } from "./precompress.ts";

/**
 * The widget, beside the pages: `/widget.js`, which host pages include, and `/widget/`, the frame it opens. The frame is
 * written for React and built with Preact's compat layer, a tenth of the size.
 */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), limitSizes({ loader: 3_000, frame: 60_000 }), precompress()],
  resolve: {
    alias: {
      "react-dom/client": "preact/compat/client",
      "react-dom": "preact/compat",
      "react/jsx-runtime": "preact/jsx-runtime",
      "react/jsx-dev-runtime": "preact/jsx-dev-runtime",
      react: "preact/compat",
    },
  },
  build: {
    outDir: fileURLToPath(new URL("../web/dist", import.meta.url)),
    // The pages are built first, into the same folder.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        frame: fileURLToPath(new URL("widget/index.html", import.meta.url)),
        loader: fileURLToPath(new URL("src/widget/loader.ts", import.meta.url)),
      },
      output: {
        entryFileNames: ({ name }) => (name === "loader" ? "widget.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});

/** Bytes after gzip; the frame is all scripts and styles but the loader. More than that is a failed build. */
function limitSizes(most: { loader: number; frame: number }): Plugin {
  return {
    name: "limit-sizes",
    writeBundle(_options, bundle) {
      const size = { loader: 0, frame: 0 };
      for (const file of Object.values(bundle)) {
        const source = file.type === "chunk" ? file.code : file.source;
        if (!/\.(js|css)$/.test(file.fileName)) continue;
        size[file.fileName === "widget.js" ? "loader" : "frame"] += gzipSync(source, { level: 9 }).length;
      }
      this.info(`gzipped: loader ${size.loader} bytes, frame ${size.frame} bytes`);
      for (const part of ["loader", "frame"] as const)
        if (size[part] > most[part])
          this.error(`the widget's ${part} has ${size[part]} bytes gzipped; at most ${most[part]}`);
    },
  };
}
