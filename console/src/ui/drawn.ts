import { act } from "preact/test-utils";

/** Waits in a test until what has changed is drawn. */
export async function drawn(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await act(async () => {});
}
