import { configDefaults, defineConfig } from "vitest/config";

/** Killed processes, failing disks and mutated files: long, and run by `npm run test:torture`. */
const torture = process.env.LEAN_PICKLE_TORTURE ? [] : ["test/torture/**"];

/** Tests that leave nothing behind in their process, so that many files can share one. */
const sharing = [
  "test/{commands,doctor,install,output,recipe,remote,repl,system,toolchain}/**/*.test.ts",
];

// Node 20 reads these certificates at each start, which takes twice as long as all the rest of it, and
// the tests start thousands of Node processes. Only a real server for the remote can need them.
if (!process.env.LEAN_PICKLE_TEST_S3?.startsWith("https:")) {
  delete process.env.NODE_EXTRA_CA_CERTS;
}

/** What holds for all tests. */
const common = {
  // End-to-end tests spawn several Node processes each; a loaded two-core machine needs room.
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    globalSetup: "test/support/prepare-run.ts",
    // Most of a test is waiting for processes: fewer workers than this leave one of two cores idle.
    maxWorkers: 4,
    projects: [
      { test: { ...common, name: "sharing a process", include: sharing, isolate: false } },
      {
        test: {
          ...common,
          name: "in processes of their own",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...sharing, ...torture],
        },
      },
    ],
  },
});
