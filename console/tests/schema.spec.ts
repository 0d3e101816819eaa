// The types that the page is written with are those of the API as it is.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "./service";

test("the page knows the API as it is", ({}, info) => {
  const file = info.outputPath("schema.d.ts");
  const root = resolve(import.meta.dirname, "../..");
  execFileSync("scripts/console", ["schema", file], { cwd: root, stdio: "pipe" });
  const known = readFileSync(resolve(root, "console/src/api/schema.d.ts"), "utf8");
  expect(known === readFileSync(file, "utf8"), "run scripts/console schema").toBe(true);
});
