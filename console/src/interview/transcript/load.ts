import { ApiError, headers, type Problem } from "../../api/client";
import type { Columns } from "./columns";
import type { Wanted } from "./worker";

type Said = { columns: Columns } | { problem: Partial<Problem> };

/** Reads an interview's transcript. */
export async function loadTranscript(id: string, signal: AbortSignal): Promise<Columns> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const wanted: Wanted = { path: `/v1/interviews/${id}/transcript`, headers: await headers() };
    const said = await new Promise<Said>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Said>) => resolve(data);
      // Of a page that is older than the service its script may be gone.
      worker.onerror = () => reject(new ApiError({ detail: "a part of this page is missing; load the page again" }));
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      worker.postMessage(wanted);
    });
    if ("problem" in said) throw new ApiError(said.problem);
    return said.columns;
  } finally {
    worker.terminate();
  }
}
