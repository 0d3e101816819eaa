// The real embedded service, one for each test, and a page that may send requests only to it.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, type Page, test as base } from "@playwright/test";
import { Recognizer } from "./recognizer";

export const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = process.env["INTERVIEWLENS"] ?? join(ROOT, "target/debug/interviewlens");

/** The engine on this machine, for which a program stands in that says the same words of every recording. */
export const STAND_INS = {
  TRANSCRIBER: "pocketsphinx",
  PATH: `${join(ROOT, "shared/testing/engines")}:${process.env["PATH"]}`,
};

/** The bundled interview of two minutes. */
export const SAMPLE = join(ROOT, "samples/interview.flac");

export class Service {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /**
   * Starts it over an empty data directory, with other settings than usual. Unless they name
   * a speech engine, a local server stands for a provider that recognises the bundled interview.
   */
  static async start(settings: Record<string, string> = {}): Promise<Service> {
    const recognizer = settings["TRANSCRIBER"] ? {} : (await Recognizer.interview()).settings;
    const folder = mkdtempSync(join(tmpdir(), "console-"));
    const child = spawn(PROGRAM, ["serve"], {
      env: {
        ...process.env,
        PORT: "0",
        DATA_DIR: folder,
        RUST_LOG: "info",
        ...recognizer,
        MODEL_FETCH: "off",
        ...settings,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const url = await new Promise<string>((found, failed) => {
      const said: string[] = [];
      createInterface({ input: child.stderr! }).on("line", (line) => {
        said.push(line);
        const ready = line.match(/ready at (\S+)/)?.[1];
        if (ready) found(ready);
      });
      child.on("exit", () => failed(new Error(`the service ended: ${said.join("\n")}`)));
    });
    return new Service(url, child, folder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async get<T = any>(path: string): Promise<T> {
    return (await (await fetch(this.url + path)).json()) as T;
  }

  /** Brings a recording past the page; answers the interview's id. */
  async submit(file: Blob, name: string, fields: Record<string, string> = {}): Promise<string> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    form.set("file", file, name);
    const answer = await fetch(`${this.url}/v1/analyze-async`, { method: "POST", body: form });
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { id: string }).id;
  }

  /** Waits until nothing more happens to an interview; answers how it stands. */
  async settled(id: string): Promise<any> {
    // The stream ends after a final status.
    await (await fetch(`${this.url}/v1/interviews/${id}/events`)).text();
    return this.get(`/v1/interviews/${id}`);
  }
}

interface Fixtures {
  settings: Record<string, string>;
  service: Service;
  /** The page's errors, and its requests to other hosts. */
  complaints: string[];
  /** What a test provokes, and therefore may be complained of. */
  expected: RegExp;
}

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  service: async ({ settings }, use) => {
    const service = await Service.start(settings);
    await use(service);
    await service.stop();
  },
  complaints: [
    async ({ context, service, expected }, use) => {
      const complaints: string[] = [];
      const complain = (text: string) => {
        if (!expected.test(text)) complaints.push(text);
      };
      context.on("page", (page) => {
        page.on("pageerror", (error) => complain(`error: ${error.message}`));
      });
      context.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`);
      });
      context.on("request", (request) => {
        const { origin, protocol } = new URL(request.url());
        const own = origin === service.url || protocol === "blob:";
        if (!own) complain(`asked: ${request.url()}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  expected: [/(?!)/, { option: true }],
});

export { expect };

/** Chooses files on the page and uploads them with the settings that the dialog shows. */
export async function upload(page: Page, files: Parameters<ReturnType<Page["locator"]>["setInputFiles"]>[0]): Promise<void> {
  await page.getByLabel("Recordings", { exact: true }).setInputFiles(files);
  await page.getByRole("dialog").getByRole("button", { name: /^Upload / }).click();
}

/** Opens the console. */
export async function open(page: Page, service: Service, path = "/app"): Promise<void> {
  await page.goto(service.url + path);
}

/** Where the player is, in milliseconds. */
export async function position(page: Page): Promise<number> {
  const text = (await page.getByTestId("now").textContent()) ?? "";
  const [seconds, minutes, hours] = text.split(":").reverse().map(Number);
  return ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}
