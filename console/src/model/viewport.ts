// The stretch of a recording that a zoomed waveform shows.

/** From and to where, as shares of the whole from 0 to 1. */
export interface Viewport {
  from: number;
  to: number;
}

export const WHOLE: Viewport = { from: 0, to: 1 };

/** The viewport of a box of so many pixels that shows a drawing from `scroll` on. */
export function viewportOf(scroll: number, width: number, drawn: number): Viewport {
  if (!(drawn > width) || !(width > 0)) return WHOLE;
  const from = Math.min(Math.max(scroll / drawn, 0), 1 - width / drawn);
  return { from, to: from + width / drawn };
}

/** Where a share of the recording is in the viewport: 0 at its start, 1 at its end. */
export function placeIn({ from, to }: Viewport, share: number): number {
  return (share - from) / (to - from);
}

/** The visible part of a stretch; null where there is none. */
export function stretchIn(viewport: Viewport, start: number, end: number): { left: number; width: number } | null {
  const left = Math.max(0, placeIn(viewport, start));
  const right = Math.min(1, placeIn(viewport, end));
  return right > left || (start === end && left <= 1 && right >= 0) ? { left, width: Math.max(0, right - left) } : null;
}
