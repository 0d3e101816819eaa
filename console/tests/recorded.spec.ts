// When a recording was made, as its client gives it.

import { readFileSync } from "node:fs";
import { expect, open, SAMPLE, test } from "./service";

test("the view shows when the recording was made, in its own zone", async ({ page, service }) => {
  const sample = new Blob([readFileSync(SAMPLE)], { type: "audio/flac" });
  const id = await service.submit(sample, "a.flac", { recorded_at: "2021-05-04T11:30:00+02:00" });
  await open(page, service, `/app/interviews/${id}`);
  await expect(page.getByRole("main")).toContainText("recorded 2021-05-04, 11:30 UTC+02:00");
});
