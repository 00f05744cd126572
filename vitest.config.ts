import { defineConfig } from "vitest/config";

/**
 * Unit tests lie beside their source; cluster behaviour, faults and the browser are in tests/. All of them run
 * against real services: `tests/setup/services.ts` starts one Postgres and one Redis for the whole run.
 */
export default defineConfig({
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", ".local/**", "web/dist/**"],
    // One Postgres for the run; every cluster under test clones its migrated database.
    globalSetup: ["tests/setup/services.ts"],
    // The last lines a person or a runner reads: «N passed, N failed», also for nothing at all.
    reporters: ["default", "./tests/setup/closing-line.ts"],
    // Deadlines are generous because machines are shared: a test waits for events, never for time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Two cores: more workers would only take turns.
    maxWorkers: 2,
  },
});
