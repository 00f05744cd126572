import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `npm start` serves the built pages; `vite web` is for work on them, in front of a running cluster. */
const cluster = process.env.PARLOIR_URL ?? "http://localhost:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
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
