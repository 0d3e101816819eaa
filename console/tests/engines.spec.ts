// The engines: what is active, what the last check found, and how to connect others.

import { found } from "./axe";
import { expect, open, test } from "./service";

const CHECK = {
  checked_at: new Date(Date.now() - 3_600_000).toISOString(),
  findings: [
    { severity: "ok", code: "model_found", message: "The model is there.", settings: [] },
    { severity: "warning", code: "price_unknown", message: "No price is stored for this model.", settings: ["OPENAI_MODEL"] },
    { severity: "error", code: "engine_auth", message: "The key is refused.", settings: ["OPENAI_API_KEY", "OPENAI_BASE_URL"] },
  ],
};
test.use({ expected: /Applying inline style/, settings: { TRANSCRIBER: "pocketsphinx" } });

test("the empty list says which engines are active, what was found, and how to connect others", async ({ page, service }) => {
  await open(page, service);
  const guide = page.getByRole("region", { name: "Engines" });
  await expect(guide).toContainText("pocketsphinx");
  await expect(guide).toContainText("not checked yet");
  await expect(guide.getByText("OPENAI_BASE_URL=http://localhost:11434/v1")).toBeVisible();
  await expect(guide.getByText("interviewlens doctor")).toBeVisible();
  await expect(guide.getByText("problem")).toBeHidden();
});

test("warnings and errors of the last check unfold", async ({ page, service }) => {
  await page.route("**/v1/engines", async (route) => {
    const answer = await route.fetch();
    const engines = await answer.json();
    engines.language = { ...engines.language, name: "openai", model: "llama3.1:8b", check: CHECK };
    await route.fulfill({ response: answer, json: engines });
  });
  await open(page, service);
  const guide = page.getByRole("region", { name: "Engines" });
  await expect(guide).toContainText("openai llama3.1:8b 2 problems");
  await guide.locator("summary").click();
  await expect(guide.getByRole("listitem").filter({ hasText: "Error The key is refused." })).toContainText("OPENAI_API_KEY");
  await expect(guide.getByText("The model is there.")).toHaveCount(0);
  expect(await found(page)).toEqual([]);
  // Beside a list of interviews it is one line.
  await fetch(`${service.url}/v1/interviews`, { method: "POST", body: JSON.stringify({ title: "Ada" }) });
  await page.reload();
  await expect(page.getByRole("link", { name: "Ada" })).toBeVisible();
  await page.locator("footer summary").click();
  await expect(page.locator("footer")).toContainText("The key is refused.");
  await expect(page.locator("footer")).toContainText("checked 1 hour ago");
});
