// Something that is changed where it stands: its text, or a field in its place.

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

interface Editing {
  editing: Signal<boolean>;
  /** The button that opens the field: it gets the focus back when nothing else has it. */
  button: RefObject<HTMLButtonElement | null>;
  /** Gives the field the focus when it appears. */
  field: (element: HTMLElement | null) => void;
}

export function useEditing(): Editing {
  const editing = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  const field = useMemo(() => (element: HTMLElement | null) => element?.focus(), []);
  useLayoutEffect(() => {
    const nowhere = !document.activeElement || document.activeElement === document.body;
    if (was.current && !editing.value && nowhere) button.current?.focus({ preventScroll: true });
    was.current = editing.value;
  }, [editing.value]);
  return { editing, button, field };
}
