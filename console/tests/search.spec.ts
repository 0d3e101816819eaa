// Words are found in all interviews, and a hit opens its interview at its moment.

import { join } from "node:path";
import { found } from "./axe";
import { expect, open, type Service, test } from "./service";

const FOLDER = process.env["SEARCH_PICTURES"];

function talk(answer: string): string {
  return `WEBVTT

1
00:00:03.000 --> 00:00:05.000
Grace Hopper: What did you build last summer?

2
00:01:06.000 --> 00:01:09.000
Zoë Müller: ${answer}

3
00:02:09.500 --> 00:02:12.000
Zoë Müller: And then we sailed to the island.
`;
}

async function imported(service: Service, title: string, answer: string): Promise<string> {
  const send = (path: string, body: string) => fetch(service.url + path, { method: "POST", body });
  const created = await send("/v1/interviews", JSON.stringify({ title }));
  const { id } = (await created.json()) as { id: string };
  expect((await send(`/v1/interviews/${id}/transcript`, talk(answer))).status).toBe(201);
  await service.settled(id);
  return id;
}

test("words are found in all interviews, and a hit opens its moment", async ({ page, service }) => {
  const first = await imported(service, "Zoë, first round", "I built a small boat with my sister.");
  await imported(service, "Zoë, second round", "We repaired the small boat's sail.");
  await imported(service, "Someone else", "I wrote a book about birds.");
  const note = JSON.stringify({ text: "Ask about the small boat again.", at_ms: 130_000 });
  await fetch(`${service.url}/v1/interviews/${first}/notes`, { method: "POST", body: note });
  await open(page, service);
  await expect(page.getByRole("heading", { name: "Found in interviews" })).toHaveCount(0);

  await page.getByLabel("Search titles and words").fill('"SMALL boat"');
  const region = page.getByRole("region", { name: "Found in interviews" });
  await expect(region.getByRole("heading", { level: 3 })).toContainText(["Zoë, second round", "Zoë, first round"]);
  const inFirst = region.getByRole("article").filter({ hasText: "first round" });
  await expect(inFirst.locator("a.passage").filter({ hasText: ":06" })).toContainText("with my sister");
  await expect(inFirst.locator("a.passage").filter({ hasText: "again" })).toContainText("Note");
  await expect(region.locator("mark").first()).toHaveText(/small boat/);
  expect(await found(page)).toEqual([]);
  if (FOLDER) await page.screenshot({ path: join(FOLDER, "search.png"), fullPage: true });
  if (FOLDER) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: join(FOLDER, "search-phone.png"), fullPage: true });
    await page.setViewportSize({ width: 1280, height: 860 });
  }

  await test.step("accents make no difference, and what is not said is not found", async () => {
    await page.getByLabel("Search titles and words").fill("island zeppelin");
    await expect(region).toContainText("Nothing found");
    await page.getByLabel("Search titles and words").fill("birds böok");
    await expect(region.getByRole("heading", { level: 3 })).toContainText(["Someone else"]);
  });

  await test.step("a hit is opened by the keyboard, with its words marked", async () => {
    await page.getByLabel("Search titles and words").fill('sister "small boat"');
    const hit = inFirst.locator("a.passage").filter({ hasText: ":06" });
    await hit.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Zoë, first round");
    const text = page.getByRole("region", { name: "Text of the transcript" });
    await expect(text.locator(".hit")).toHaveText(["small", "boat"]);
    expect(new URL(page.url()).searchParams.get("find")).toBe("small boat");
    if (FOLDER) await page.screenshot({ path: join(FOLDER, "search-opened.png") });
  });

  await test.step("back in the list the search is still there", async () => {
    await page.goBack();
    await expect(page.getByLabel("Search titles and words")).toHaveValue('sister "small boat"');
    await expect(inFirst).toBeVisible();
  });

  await test.step("what is deleted is not found", async () => {
    const gone = await fetch(`${service.url}/v1/interviews/${first}`, { method: "DELETE" });
    expect(gone.status).toBe(204);
    await page.reload();
    await expect(region).toContainText("Nothing found");
  });
});

test("more passages are shown when they are wanted", async ({ page, service }) => {
  for (let number = 1; number <= 12; number += 1) await imported(service, `Talk ${number}`, `Number ${number} has a canoe.`);
  await open(page, service, "/app?find=canoe");
  const region = page.getByRole("region", { name: "Found in interviews" });
  // Each is found in the transcript and in the analysis.
  await expect(region.locator("a.passage")).toHaveCount(20);
  await expect(region).toContainText("20 passages in 10 interviews so far");
  await region.getByRole("button", { name: "Show more passages" }).click();
  await expect(region.locator("a.passage")).toHaveCount(24);
  await expect(region.getByRole("button", { name: "Show more passages" })).toHaveCount(0);
});
