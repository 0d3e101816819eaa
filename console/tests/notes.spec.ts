// Notes as they are written: nothing that has been typed is lost, or saved twice.

import type { Page } from "@playwright/test";
import { expect, open, type Service, test } from "./service";

/** An interview without a recording: a note needs none. */
async function make(service: Service, title: string): Promise<string> {
  const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title }) });
  expect(made.status).toBe(201);
  return ((await made.json()) as { id: string }).id;
}

const tab = (page: Page, name: string) => page.getByRole("tab", { name }).click();

test("a draft is its interview's, and is kept", async ({ page, service }) => {
  const ada = await make(service, "Ada");
  await make(service, "Grace");
  await open(page, service);
  const first = page.waitForRequest((request) => request.url().includes(`/v1/interviews/${ada}?`));
  await page.getByRole("link", { name: "Ada" }).click();
  // Its record alone is asked for.
  expect(new URL((await first).url()).searchParams.get("fields")).toBe("");
  await tab(page, "Notes");
  await expect(page.getByText("No notes yet.")).toBeVisible();
  await page.locator("#note").fill("half a thought");
  await tab(page, "Stats");
  await tab(page, "Notes");
  await expect(page.locator("#note")).toHaveValue("half a thought");

  await page.getByRole("link", { name: "All interviews" }).click();
  await page.getByRole("link", { name: "Grace" }).click();
  await tab(page, "Notes");
  await expect(page.locator("#note")).toHaveValue("");
  await page.getByRole("link", { name: "All interviews" }).click();
  await page.getByRole("link", { name: "Ada" }).click();
  await tab(page, "Notes");
  await expect(page.locator("#note")).toHaveValue("half a thought");
});

test("two times Enter is one note", async ({ page, service }) => {
  const id = await make(service, "Ada");
  await open(page, service, `/app/interviews/${id}`);
  let answer = () => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route(/\/notes(\?|$)/, async (route) => {
    if (route.request().method() === "POST") await held;
    await route.continue();
  });
  await tab(page, "Notes");
  await page.locator("#note").fill("said once");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  answer();
  await expect(page.getByRole("list", { name: "Notes" }).getByRole("listitem")).toHaveCount(1);
  await page.getByRole("button", { name: "Change said once" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Change said once" })).toBeFocused();
  expect((await service.get(`/v1/interviews/${id}/notes`)).items).toHaveLength(1);
});

test.describe("when the service fails", () => {
  test.use({ expected: /status of (400|503)/ });

  test("what was not saved is still in its field", async ({ page, service }) => {
    const id = await make(service, "Ada");
    await open(page, service, `/app/interviews/${id}`);
    await tab(page, "Notes");
    await expect(page.getByText("No notes yet.")).toBeVisible();
    const field = page.locator("#note");
    await field.fill("kept");
    const refuse = { status: 503, json: { title: "Not now", status: 503 } };
    await page.route(/\/notes\b/, (route) => {
      return route.request().method() === "GET" ? route.continue() : route.fulfill(refuse);
    });
    const refused = page.waitForResponse((response) => response.request().method() === "POST");
    await field.press("Enter");
    expect((await refused).status()).toBe(503);
    await expect(page.getByText("Couldn't save the note. Not now")).toBeVisible();
    await expect(field).toHaveValue("kept");
    // It is still there when its user comes back.
    await tab(page, "Stats");
    await tab(page, "Notes");
    await expect(page.getByText("Couldn't save the note. Not now")).toBeVisible();
    await page.unrouteAll();
    await field.press("Enter");
    await expect(page.getByRole("list", { name: "Notes" })).toContainText("kept");

    await page.route(/\/notes\/[^/]+$/, (route) => route.fulfill(refuse));
    await page.getByRole("button", { name: "Change kept" }).click();
    const changed = page.getByLabel("Text of the note");
    await changed.fill("kept as well");
    await changed.press("Enter");
    await expect(page.getByText("Couldn't save. Not now")).toBeVisible();
    await expect(changed).toHaveValue("kept as well");
  });

  test("a note whose answer was lost is one note when it is saved again", async ({ page, service }) => {
    const id = await make(service, "Ada");
    await open(page, service, `/app/interviews/${id}`);
    await tab(page, "Notes");
    await page.locator("#note").fill("sent twice");
    await page.route(/\/notes(\?|$)/, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      await route.fulfill({ status: 503, json: { title: "Not now", status: 503 } });
    });
    await page.keyboard.press("Enter");
    await expect(page.getByText("Couldn't save the note. Not now")).toBeVisible();
    await page.unrouteAll();
    await page.locator("#note").press("Enter");
    await expect(page.getByRole("list", { name: "Notes" })).toContainText("sent twice");
    expect((await service.get(`/v1/interviews/${id}/notes`)).items).toHaveLength(1);
  });

  test("notes that were not loaded are loaded by a click", async ({ page, service }) => {
    const id = await make(service, "Ada");
    // A refusal of this kind is not retried by itself.
    await page.route(/\/notes(\?|$)/, (route) => route.fulfill({ status: 400, json: { title: "Not now", status: 400 } }));
    await open(page, service, `/app/interviews/${id}`);
    await tab(page, "Notes");
    await expect(page.getByText("Couldn't load the notes. Not now")).toBeVisible();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByText("No notes yet.")).toBeVisible();
  });

  test("an interview that was not loaded is loaded by a click", async ({ page, service }) => {
    const id = await make(service, "Ada");
    await page.route(`**/v1/interviews/${id}?*`, (route) => route.fulfill({ status: 400, json: { title: "Not now", status: 400 } }));
    await open(page, service, `/app/interviews/${id}`);
    await expect(page.getByRole("main").getByRole("alert")).toContainText("Not now");
    await page.unrouteAll();
    // Later requests are rejected for a while, and retried.
    await page.route("**/events", (route) => route.fulfill({ status: 503 }));
    await page.getByRole("button", { name: "Retry" }).click();
    await expect(page.getByRole("heading", { name: "Ada" })).toBeVisible();
    await expect(page.getByText("Live updates paused")).toBeVisible();
    await page.unrouteAll();
    await expect(page.getByText("Live updates paused")).toBeHidden();
  });
});
