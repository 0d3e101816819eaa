// A long list of which only what is in sight is in the document.

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useState } from "preact/hooks";

export type List = Virtualizer<HTMLElement, HTMLElement>;

export function useVirtual(scroller: RefObject<HTMLElement | null>, count: number, estimateSize: (index: number) => number): List {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const options = {
    count,
    estimateSize,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    overscan: 4,
    onChange: () => redraw(undefined as never),
  };
  const [list] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  list.setOptions(options);
  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => list._willUpdate());
  useEffect(() => list.measure(), [count]);
  return list;
}
