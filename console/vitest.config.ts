import { defineConfig } from "vitest/config";

// Tests of one module each, beside it; what needs the service is tried by Playwright.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: {
    environment: "happy-dom",
    environmentOptions: { happyDOM: { url: "http://127.0.0.1:8000/app" } },
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    reporters: process.env["SUMMARY"] ? ["default", ["json", { outputFile: process.env["SUMMARY"] }]] : ["default"],
  },
});
