// What is played through a gap in the network.

import { readFileSync } from "node:fs";
import { expect, open, position, SAMPLE, test } from "./service";

test.use({ expected: /net::ERR_|status of 503/ });

test("a recording is played again when it is reached again", async ({ page, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  const play = page.getByRole("button", { name: "Play", exact: true });
  await page.route("**/v1/audio/**", (route) => route.abort());
  await open(page, service, `/app/interviews/${id}`);
  // Another link does not help.
  await expect(page.getByText("This browser cannot play the recording.")).toBeVisible();
  await page.route(`**/v1/interviews/${id}?*`, (route) => route.fulfill({ status: 503 }));
  await play.click();
  await expect(page.getByText("The recording cannot be reached")).toBeVisible();
  await page.getByRole("slider").focus();
  await page.keyboard.press("PageUp");
  await page.unrouteAll();
  await play.click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(page.getByText("The recording cannot be")).toBeHidden();
  await expect.poll(() => position(page)).toBeGreaterThan(60_000);
});
