// The rules of `.oxlintrc.json`: among them, which folder may import which.

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the code keeps its rules", { timeout: 60_000 }, () => {
  const { status, stdout } = spawnSync("node_modules/.bin/oxlint", ["--deny-warnings", "src", "tests"], { encoding: "utf8" });
  expect(status, stdout).toBe(0);
});
