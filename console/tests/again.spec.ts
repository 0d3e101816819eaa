// A recording is recognised once more, in another language and by another engine.

import { readFileSync } from "node:fs";
import { Recognizer } from "./recognizer";
import { expect, open, SAMPLE, Service, STAND_INS, test } from "./service";

let recognizer: Recognizer;
let service: Service;

test.beforeAll(async () => {
  recognizer = await Recognizer.start(200, 120);
  // The engine on this machine is the active one, and the provider is beside it.
  service = await Service.start({ ...recognizer.settings, ...STAND_INS });
});
test.afterAll(async () => {
  await service.stop();
  recognizer.stop();
});
test.use({ expected: /^asked: / });

test("a transcript is made again by another engine, and the earlier one is shown again", async ({ page }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  await service.settled(id);
  const transcript = async () => service.get(`/v1/interviews/${id}/transcript`);
  expect((await transcript()).engine).toBe("pocketsphinx");
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Settings" }).click();
  const again = page.getByRole("dialog").getByRole("region", { name: "Transcript" });
  await again.getByLabel("Spoken language").selectOption("German");
  await again.getByLabel("Engine").selectOption("deepgram nova-3");
  await again.getByRole("button", { name: "Transcribe again" }).click();
  await expect.poll(async () => (await transcript()).engine).toBe("deepgram");
  expect(await transcript()).toMatchObject({ language: "de" });
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("The analysis and the report are out of date: there is another transcript")).toBeVisible();

  const text = page.getByRole("region", { name: "Text of the transcript" });
  await expect(text).toContainText("we moved all our books");
  await page.getByRole("button", { name: "Correct", exact: true }).click();
  await page.getByRole("button", { name: "History" }).click();
  await page.getByText("Earlier transcripts").click();
  const runs = page.getByRole("list", { name: "Earlier transcripts" }).getByRole("listitem");
  await expect(runs).toHaveCount(2);
  await expect(runs.filter({ hasText: "deepgram" })).toContainText("Shown");
  await runs.filter({ hasText: "pocketsphinx" }).getByRole("button", { name: "Show this one" }).click();
  await expect(runs.filter({ hasText: "pocketsphinx" })).toContainText("Shown");
  expect((await transcript()).engine).toBe("pocketsphinx");
});
