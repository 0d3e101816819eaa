// A list of more than a page: searched, filtered, and loaded as it is scrolled.

import { expect, open, test } from "./service";

test("a long list is searched and filtered", async ({ page, service }) => {
  for (let number = 1; number <= 130; number += 1) {
    const title = number === 7 ? "Évelyne, first round" : `Interview number ${number}`;
    const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title }) });
    expect(made.status).toBe(201);
  }
  const failing = await service.submit(new Blob(["not a sound"]), "memo.txt", { title: "Voice memo" });
  await service.settled(failing);
  await open(page, service);
  const rows = page.getByRole("list", { name: "Interviews" }).getByRole("listitem");
  await expect(rows).toHaveCount(100);
  await expect(page.getByText("100 interviews so far")).toBeVisible();

  // The oldest are on the second page.
  await page.getByLabel("Search titles and words").fill("evelyne");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Évelyne");
  await page.getByLabel("Search titles and words").fill("");
  await expect(rows).toHaveCount(131);

  await page.getByLabel("Status").selectOption("Failed");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Voice memo");
  await page.getByLabel("Status").selectOption("All");
  await expect(rows).toHaveCount(100);
  await rows.last().scrollIntoViewIfNeeded();
  await expect(rows).toHaveCount(131);

  // What happens further down is seen as well.
  const oldest = await rows.last().getByRole("link").getAttribute("href");
  const renamed = { method: "PATCH", body: JSON.stringify({ title: "The very first" }) };
  expect((await fetch(`${service.url}/v1/${oldest!.replace("/app/", "")}`, renamed)).status).toBe(200);
  await expect(rows.last()).toContainText("The very first");
});

test("an upload is of the kind that was chosen for it", async ({ page, service }) => {
  await open(page, service);
  let go = () => {};
  const chosen = new Promise<void>((done) => (go = done));
  await page.route("**/v1/interviews", async (route) => {
    if (route.request().method() === "POST") await chosen;
    await route.continue();
  });
  const file = (name: string) => ({ name: `${name}.txt`, mimeType: "text/plain", buffer: Buffer.from(`not a sound: ${name}`) });
  // The third waits for its turn.
  await page.getByLabel("Recordings", { exact: true }).setInputFiles(["a", "b", "c"].map(file));
  await page.getByLabel("Kind of conversation").selectOption("Job interview");
  await page.getByRole("button", { name: "Upload 3 files" }).click();
  await expect(page.getByText(/^In queue/)).toBeVisible();
  await page.getByLabel("Recordings", { exact: true }).setInputFiles([file("d")]);
  await page.getByLabel("Kind of conversation").selectOption("Journalism");
  await page.getByRole("button", { name: "Upload 1 file" }).click();
  go();
  // Two are uploaded at a time, so that "d" may be created before "c".
  const kinds = async () => {
    const { items } = await service.get("/v1/interviews");
    return Object.fromEntries(items.map(({ title, kind }: { title: string; kind: string }) => [title, kind]));
  };
  await expect.poll(kinds).toEqual({ a: "job_interview", b: "job_interview", c: "job_interview", d: "journalism" });
});

test("an interview is followed while it is looked at", async ({ page, service }) => {
  const made = await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title: "Ada" }) });
  const { id } = (await made.json()) as { id: string };
  const streams: string[] = [];
  page.on("request", (request) => request.url().endsWith("/events") && streams.push("begun"));
  page.on("requestfailed", (request) => request.url().endsWith("/events") && streams.push("ended"));
  const look = (state: string) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await open(page, service, `/app/interviews/${id}`);
  await expect.poll(() => streams).toEqual(["begun"]);
  await look("hidden");
  await expect.poll(() => streams).toEqual(["begun", "ended"]);
  await fetch(`${service.url}/v1/interviews/${id}`, { method: "PATCH", body: JSON.stringify({ title: "Ada Lovelace" }) });
  await look("visible");
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  await expect.poll(() => streams).toEqual(["begun", "ended", "begun"]);
});
