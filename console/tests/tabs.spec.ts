// Two tabs, and what is deleted.

import { readFileSync } from "node:fs";
import { expect, open, SAMPLE, test, upload } from "./service";

test("what is done in one tab is seen in the other", async ({ page, context, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  await service.settled(id);
  const other = await context.newPage();
  await open(page, service, `/app/interviews/${id}`);
  await open(other, service, `/app/interviews/${id}`);
  await expect(other.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "Notes" }).click();
  await page.getByLabel("Note at the moment that is playing").fill("from the first tab");
  await page.getByRole("button", { name: "Add note" }).click();
  await other.getByRole("tab", { name: "Notes 1" }).click();
  await expect(other.getByRole("list", { name: "Notes" })).toContainText("from the first tab");

  await page.getByRole("link", { name: "All interviews" }).click();
  await page.getByRole("button", { name: "Delete Ada" }).click();
  await expect(page.getByRole("link", { name: "Ada" })).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
  expect((await service.get(`/v1/interviews/${id}`)).title).toBe("Ada");

  await page.getByRole("button", { name: "Delete Ada" }).click();
  await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
  await expect(other.getByRole("main").getByRole("alert")).toContainText("has been deleted");
  expect((await fetch(`${service.url}/v1/interviews/${id}`)).status).toBe(404);
});
test.use({ expected: /status of 404/ });

test("what one tab uploads is not unfinished for another", async ({ page, context, service }) => {
  await open(page, service);
  // The bucket takes the upload, and then does not answer.
  let held = 0;
  await page.route((url) => url.pathname.startsWith("/storage"), async (route) => {
    if (route.request().method() === "PUT") held += 1;
    else await route.continue();
  });
  await upload(page, SAMPLE);
  await expect(page.getByRole("list", { name: "Uploads" })).toContainText("Uploading");
  await expect.poll(() => held).toBe(1);
  const other = await context.newPage();
  await open(other, service);
  await expect(other.getByRole("listitem").getByText("Awaiting upload")).toBeVisible();
  await expect(other.getByRole("list", { name: "Uploads" })).toBeHidden();
  await upload(other, SAMPLE);
  await expect(other.getByRole("main").getByRole("alert")).toContainText("in another tab");

  await page.close();
  const locks = () => other.evaluate(async () => (await navigator.locks.query()).held?.length);
  await expect.poll(locks).toBe(0);
  await other.getByRole("button", { name: "Stop the upload of interview.flac" }).click();
  await expect(other.getByText("Paused")).toBeVisible();
  await other.getByRole("button", { name: "Forget the upload of interview.flac" }).click();
  await expect(other.getByText("Paused")).toBeHidden();
});

test("leaving does not undo", async ({ page, service }) => {
  const id = await service.submit(new Blob([readFileSync(SAMPLE)]), "interview.flac", { title: "Ada" });
  await open(page, service, `/app/interviews/${id}`);
  await page.getByRole("button", { name: "Delete this interview" }).click();
  await expect(page.getByText("“Ada” deleted")).toBeVisible();
  await page.goto("about:blank");
  await expect.poll(async () => (await fetch(`${service.url}/v1/interviews/${id}`)).status).toBe(404);
});

test("what is deleted comes back until its message has gone", async ({ page, service }) => {
  const make = async (title: string) => {
    const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title }) });
    return ((await made.json()) as { id: string }).id;
  };
  const [ada, grace] = [await make("Ada"), await make("Grace")];
  await page.clock.install();
  await open(page, service);
  await page.getByRole("link", { name: "Ada" }).click();
  await page.getByRole("button", { name: "Delete this interview" }).click();
  await expect(page.getByRole("link", { name: "Grace" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("main").getByRole("alert")).toHaveText(/^This interview is deleted\.\s*Undo$/);
  await page.getByRole("main").getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Delete this interview" }).click();
  await expect(page.getByRole("link", { name: "Grace" })).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
  await page.clock.fastForward(20_000);
  await expect(page.locator(".toasts")).toHaveText("");
  expect((await fetch(`${service.url}/v1/interviews/${ada}`)).status).toBe(200);

  // The focus stays in the list; and who has it on the message has time.
  await page.getByRole("button", { name: "Delete Grace" }).click();
  await expect(page.getByRole("button", { name: "Delete Ada" })).toBeFocused();
  await page.getByRole("button", { name: "Undo" }).focus();
  await page.clock.fastForward(20_000);
  await expect(page.getByText("“Grace” deleted")).toBeVisible();
  expect((await fetch(`${service.url}/v1/interviews/${grace}`)).status).toBe(200);
  await page.getByRole("button", { name: "Delete Ada" }).focus();
  await page.clock.fastForward(20_000);
  await expect.poll(async () => (await fetch(`${service.url}/v1/interviews/${grace}`)).status).toBe(404);
  await expect(page.getByRole("link", { name: "Grace" })).toBeHidden();
});
