// A recording is made in the browser, by a microphone that plays the bundled interview.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { chromium } from "@playwright/test";
import { expect, SAMPLE, test } from "./service";

test("what is recorded in the browser becomes an interview", async ({ service }, info) => {
  const spoken = join(tmpdir(), `console-spoken-${process.pid}.wav`);
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", SAMPLE, "-ac", "1", "-ar", "48000", spoken]);
  const { launchOptions } = info.project.use;
  const browser = await chromium.launch({
    ...launchOptions,
    args: [
      ...(launchOptions?.args ?? []),
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${spoken}`,
    ],
  });
  const page = await browser.newPage();
  await page.goto(`${service.url}/app`);
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toContainText("00:08");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByRole("link", { name: /^Recording/ })).toBeVisible();
  const { items } = await service.get("/v1/interviews");
  expect(items[0].audio.content_type).toBe("audio/webm");
  const { status, steps, transcript } = await service.settled(items[0].id);
  expect(status, JSON.stringify(steps)).toBe("completed");
  const words: string[] = transcript.words.map(({ text }: { text: string }) => text);
  expect(words).toEqual(expect.arrayContaining(["morning", "job"]));
  await browser.close();
});
