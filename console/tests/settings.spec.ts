// The settings of an upload, which are remembered.

import { expect, open, test } from "./service";

const file = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`not a sound: ${name}`) });

test("an upload has the settings of the dialog, and the next one proposes them", async ({ page, service }) => {
  await open(page, service);
  await page.getByLabel("Recordings", { exact: true }).setInputFiles([file("ada.txt"), file("bob.txt"), file("cat.txt")]);
  const dialog = page.getByRole("dialog", { name: "3 new interviews" });
  await dialog.getByLabel("Title of ada.txt").fill("Ada, first round");
  await dialog.getByRole("button", { name: "Leave out cat.txt" }).click();
  await page.getByLabel("Kind of conversation").selectOption("User research");
  await page.getByLabel("Spoken language").selectOption("Several languages");
  await page.getByText("More settings").click();
  await page.getByLabel("Number of speakers").selectOption("3");
  await page.getByLabel("Channels of the recording").selectOption("All speakers on every channel");
  await page.getByLabel("Delete after (days)").fill("30");
  await page.getByLabel("Names and terms that are likely to be said").fill("Ada Lovelace, Kubernetes\nboat");
  await page.getByRole("button", { name: "Upload 2 files" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  const items = async () => (await service.get("/v1/interviews")).items;
  await expect.poll(async () => (await items()).length).toBe(2);
  const wanted = { kind: "user_research", language: "multi", speakers_expected: 3, channels: "mixed", retention_days: 30, key_terms: ["Ada Lovelace", "Kubernetes", "boat"] };
  for (const item of await items()) expect(item).toMatchObject(wanted);
  expect((await items()).map(({ title }: { title: string }) => title).sort()).toEqual(["Ada, first round", "bob"]);
  await expect(page.getByRole("list", { name: "Uploads" })).toBeHidden();

  await page.reload();
  await page.getByLabel("Recordings", { exact: true }).setInputFiles([file("dan.txt")]);
  await expect(page.getByLabel("Kind of conversation")).toHaveValue("user_research");
  await expect(page.getByLabel("Spoken language")).toHaveValue("multi");
  await expect(page.getByLabel("Number of speakers")).toHaveValue("3");
  await expect(page.getByLabel("Delete after (days)")).toHaveValue("30");
  await expect(page.getByLabel("Names and terms that are likely to be said")).toHaveValue("Ada Lovelace, Kubernetes\nboat");
  // What is not wanted is not uploaded.
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("list", { name: "Uploads" })).toBeHidden();
});

test("an outdated setting is replaced, not sent", async ({ page, service }) => {
  await page.addInitScript(() => {
    localStorage.setItem("interviewlens:kind", "podcast");
    localStorage.setItem("interviewlens:rate", "fast");
  });
  await open(page, service);
  await page.getByLabel("Recordings", { exact: true }).setInputFiles([file("ada.txt")]);
  await expect(page.getByLabel("Kind of conversation")).toHaveValue("job_interview");
  await page.getByRole("button", { name: "Upload 1 file" }).click();
  await expect.poll(async () => (await service.get("/v1/interviews")).items[0]?.kind).toBe("job_interview");
});
