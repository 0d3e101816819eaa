// A browser whose microphone plays the bundled interview.

import { execFileSync } from "node:child_process";
import { type Browser, chromium, type TestInfo } from "@playwright/test";
import { SAMPLE } from "./service";

/** A browser that is allowed to listen. */
export async function listening(info: TestInfo): Promise<Browser> {
  const spoken = info.outputPath("spoken.wav");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", SAMPLE, "-ac", "1", "-ar", "48000", spoken]);
  const { launchOptions } = info.project.use;
  return chromium.launch({
    ...launchOptions,
    args: [
      ...(launchOptions?.args ?? []),
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${spoken}`,
    ],
  });
}
