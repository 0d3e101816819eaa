// Fetches and parses a transcript beside the page: of eight hours it is eight
// megabytes.

import { buffers, pack } from "./columns";

export interface Wanted {
  path: string;
  headers: Record<string, string>;
}

addEventListener("message", async ({ data }: MessageEvent<Wanted>) => {
  try {
    const answer = await fetch(data.path, { headers: data.headers });
    const body = await answer.json();
    if (!answer.ok) return postMessage({ problem: { ...body, status: answer.status } });
    const columns = pack(body);
    postMessage({ columns }, { transfer: buffers(columns) });
  } catch {
    postMessage({ problem: {} });
  }
});
