import { defineConfig, devices } from "@playwright/test";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Keeps Chromium from sending requests to other hosts than the service. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** A folder for each project: Playwright empties it at its start. */
const RESULTS = "../target/console/results";
const MEASURED = ["**/long.spec.ts", "**/weight.spec.ts"];

export default defineConfig({
  testDir: "tests",
  preserveOutput: "failures-only",
  // `measured` has times that must not be exceeded, and is run when nothing else is.
  projects: [
    { name: "page", outputDir: `${RESULTS}/page`, testIgnore: [...(process.env["SCREENSHOTS"] ? [] : ["**/screenshots.spec.ts"]), ...MEASURED] },
    { name: "measured", outputDir: `${RESULTS}/measured`, testMatch: MEASURED },
  ],
  // One after the other: the service and the browser share the cores.
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: process.env["SUMMARY"]
    ? [["list"], ["json", { outputFile: process.env["SUMMARY"] }]]
    : [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 860 },
    launchOptions: { executablePath: chromium, args: QUIET },
    trace: "off",
  },
});
