// The figures of the charts, computed from the words.

import type { Columns } from "./transcript/columns";

/** Words a minute by slices of the recording. */
export interface Pace {
  sliceMs: number;
  /** Of each speaker, by slice. */
  speakers: Map<number, Float32Array>;
}

const MOST_SLICES = 60;

export function pace({ starts, speakers, durationMs }: Columns): Pace {
  const sliceMs = Math.max(10_000, Math.ceil(durationMs / MOST_SLICES / 10_000) * 10_000);
  const slices = Math.max(1, Math.ceil(durationMs / sliceMs));
  const found = new Map<number, Float32Array>();
  for (let word = 0; word < starts.length; word += 1) {
    const speaker = speakers[word]!;
    const counts = found.get(speaker) ?? new Float32Array(slices);
    found.set(speaker, counts);
    const slice = Math.min(slices - 1, Math.floor(starts[word]! / sliceMs));
    const length = Math.min(sliceMs, durationMs - slice * sliceMs) || sliceMs;
    counts[slice]! += 60_000 / length;
  }
  return { sliceMs, speakers: found };
}

/** The shortest pause of each bin, in milliseconds. */
export const PAUSES = [1_000, 2_000, 4_000, 8_000] as const;

/** How many pauses there are of each length. */
export function pauses({ starts, ends }: Columns): number[] {
  const counts: number[] = PAUSES.map(() => 0);
  let end = 0;
  for (let word = 0; word < starts.length; word += 1) {
    const silent = starts[word]! - end;
    const bin = PAUSES.findLastIndex((least) => silent >= least);
    if (word > 0 && bin >= 0) counts[bin]! += 1;
    end = Math.max(end, ends[word]!);
  }
  return counts;
}
