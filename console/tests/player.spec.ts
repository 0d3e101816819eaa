// What is played: a copy where the browser does not know the codec, and through a gap in the
// network.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, open, position, SAMPLE, test } from "./service";

test.use({ expected: /net::ERR_|status of 503/ });

test("a recording is played again when it is reached again", async ({ page, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  const play = page.getByRole("button", { name: "Play", exact: true });
  await page.route("**/v1/audio/**", (route) => route.abort());
  await open(page, service, `/app/interviews/${id}`);
  // Another link does not help.
  await expect(page.getByText("Your browser can't play this recording.")).toBeVisible();
  await page.route(`**/v1/interviews/${id}?*`, (route) => route.fulfill({ status: 503 }));
  await play.click();
  await expect(page.getByText("Can't reach the recording")).toBeVisible();
  await page.getByRole("slider").focus();
  await page.keyboard.press("PageUp");
  await page.unrouteAll();
  await play.click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(page.getByText("Can't reach the recording")).toBeHidden();
  await expect.poll(() => position(page)).toBeGreaterThan(60_000);
});

test("a recording that the browser cannot play is played by its copy", async ({ page, service }) => {
  const file = test.info().outputPath("interview.aiff");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", SAMPLE, "-c:a", "pcm_s16be", file]);
  const id = await service.submit(new Blob([readFileSync(file)]), "interview.aiff", { title: "Ada" });
  const { audio } = await service.settled(id);
  expect([audio.codec, audio.playback?.content_type]).toEqual(["pcm", "audio/mp4"]);
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => position(page)).toBeGreaterThan(1_000);
  await expect(page.getByText("Your browser can't play this recording.")).toBeHidden();
});
