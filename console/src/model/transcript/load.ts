import { headers } from "../../api/client";
import { ApiError, type Problem } from "../../api/errors";
import { text } from "../../i18n/en";
import type { Columns } from "./columns";
import type { Wanted } from "./worker";

type Answer = { columns: Columns } | { problem: Partial<Problem> };

/** Reads an interview's transcript. */
export async function loadTranscript(id: string, signal: AbortSignal): Promise<Columns> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const wanted: Wanted = { path: `/v1/interviews/${id}/transcript`, headers: await headers() };
    const answer = await new Promise<Answer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
      // Of a page that is older than the service its script may be gone.
      worker.onerror = () => reject(new ApiError({ status: 410, detail: text.app.outdated }));
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      worker.postMessage(wanted);
    });
    if ("problem" in answer) throw new ApiError(answer.problem);
    return answer.columns;
  } finally {
    worker.terminate();
  }
}
