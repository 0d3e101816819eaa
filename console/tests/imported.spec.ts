// A transcript from elsewhere: there is nothing to play, and all else works.

import { expect, open, test } from "./service";

const ZOOM = `WEBVTT

1
00:00:03.000 --> 00:00:05.000
Ada Lovelace: What did you build last summer?

2
00:00:06.000 --> 00:00:09.000
Bob: I built a small boat with my sister.
`;

test("an imported transcript is shown without a player", async ({ page, service, complaints }) => {
  const send = (path: string, body: string) => fetch(service.url + path, { method: "POST", body });
  const created = await send("/v1/interviews", JSON.stringify({ title: "Ada" }));
  const { id } = (await created.json()) as { id: string };
  await open(page, service, `/app/interviews/${id}`);
  await expect(page.getByText("Waiting for the upload to finish")).toBeVisible();
  const imported = await send(`/v1/interviews/${id}/transcript`, ZOOM);
  expect(imported.status).toBe(201);
  const text = page.getByRole("region", { name: "Text of the transcript" });
  await expect(text).toContainText("I built a small boat with my sister.");
  await expect(text).toContainText("Ada Lovelace");
  await expect(page.getByRole("region", { name: "Progress" })).toBeHidden();
  await expect(page.getByRole("region", { name: "Player" })).toHaveCount(0);
  // The keys of the player do no harm.
  for (const key of [" ", "l", "ArrowLeft"]) await page.keyboard.press(key);
  await page.getByText("Download").click();
  await expect(page.getByRole("button", { name: "Subtitles (SRT)" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Waveform (JSON)" })).toHaveCount(0);
  expect(complaints).toEqual([]);
});
