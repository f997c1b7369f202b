import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // End-to-end tests spawn several Node processes each; a loaded two-core machine needs room.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
