// A service that is newer than the page, and parts that cannot be read.

import { expect, open, test } from "./service";
import { talk } from "./talk";

test("values that the page does not know leave every pane readable", async ({ page, service }) => {
  const id = await talk(service, "Bob");
  await page.route("**/analysis", async (route) => {
    const answer = await route.fetch();
    const analysis = await answer.json();
    for (const { evidence } of analysis.key_points) for (const quote of evidence) quote.status = "contradicted";
    await route.fulfill({ response: answer, json: analysis });
  });
  await page.route(`**/v1/interviews/${id}?*`, async (route) => {
    const answer = await route.fetch();
    const interview = await answer.json();
    await route.fulfill({ response: answer, json: { ...interview, kind: "podcast", usable: { ok: false, reasons: ["laughter"] } } });
  });
  await open(page, service, `/app/interviews/${id}`);
  await expect(page.getByText("Podcast")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("Laughter");
  await expect(page.getByRole("img", { name: "Contradicted" }).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Text of the transcript" })).toContainText("public library");
});

test("nothing of one interview carries over to the next", async ({ page, service }) => {
  const [first, second] = [await talk(service, "First"), await talk(service, "Second")];
  await open(page, service, `/app/interviews/${first}?pane=stats&find=list`);
  await expect(page.getByText(/1 of \d+ match/)).toBeVisible();
  await page.evaluate((id) => {
    const link = document.createElement("a");
    link.href = `/app/interviews/${id}`;
    document.body.append(link);
    link.click();
    link.remove();
  }, second);
  await expect(page.getByRole("heading", { name: "Second" })).toBeVisible();
  await expect(page.getByLabel("Search in the transcript")).toHaveValue("");
  await expect(page.getByRole("tab", { name: "Stats" })).toHaveAttribute("aria-selected", "false");
});

test.describe("in a German browser", () => {
  test.use({ locale: "de-DE" });

  test("times are in the language of the page", async ({ page, service }) => {
    await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title: "Ada" }) });
    await page.clock.setFixedTime(Date.now() + 5 * 60_000);
    await open(page, service);
    await expect(page.getByRole("list", { name: "Interviews" })).toContainText("5 minutes ago");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });
});

test("two people who name two speakers keep both names", async ({ page, context, service }) => {
  const id = await talk(service, "Boat");
  const other = await context.newPage();
  for (const one of [page, other]) await open(one, service, `/app/interviews/${id}`);
  const rename = async (one: typeof page, before: string, after: string) => {
    await one.getByRole("button", { name: `Rename ${before}` }).click();
    await one.getByLabel(`Name of ${before}`).fill(after);
    await one.keyboard.press("Enter");
  };
  // Neither tells the other, as two people's browsers would not.
  for (const one of [page, other]) await one.evaluate(() => (BroadcastChannel.prototype.postMessage = () => {}));
  await expect(other.getByRole("button", { name: "Rename candidate" })).toBeVisible();
  await rename(page, "interviewer", "Ada");
  await expect(page.getByRole("button", { name: "Rename Ada", exact: true })).toBeVisible();
  await rename(other, "candidate", "Robert");
  await expect(other.getByRole("button", { name: "Rename Robert" })).toBeVisible();
  const { speakers } = await service.get(`/v1/interviews/${id}`);
  expect(Object.values(speakers as Record<string, { name?: string } | string>).map((label) => (typeof label === "string" ? label : label.name))).toEqual(["Ada", "Robert"]);
});

test.describe("a part that fails", () => {
  test.use({ expected: /status of 503/ });

  test("is requested ever later, and says so once", async ({ page, service }) => {
    const id = await talk(service, "Bob");
    let requests = 0;
    await page.route("**/analysis", (route) => {
      requests += 1;
      return route.fulfill({ status: 503, json: { title: "Not now", status: 503 } });
    });
    await page.clock.install();
    await open(page, service, `/app/interviews/${id}`);
    await expect(page.getByRole("alert").filter({ hasText: "Couldn't load the analysis. Not now" })).toHaveCount(1);
    const first = requests;
    await page.clock.fastForward(7_000);
    await expect.poll(() => requests).toBeGreaterThan(first);
    expect(requests).toBeLessThanOrEqual(4);
    await page.unrouteAll();
    await page.clock.fastForward(60_000);
    await expect(page.getByText("Key points")).toBeVisible();
  });
});

test("without a network the page says so", async ({ page, context, service }) => {
  await open(page, service);
  await expect(page.getByRole("heading", { name: "No interviews yet" })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText("You're offline.")).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("You're offline.")).toBeHidden();
});
