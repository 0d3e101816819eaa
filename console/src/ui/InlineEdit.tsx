// A text that is changed in its place: a field replaces it, and is saved by Enter or when
// it loses the focus.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Outcome } from "../lib/outcome";
import { text } from "../i18n/en";
import { Icon } from "./Icon";

interface Props {
  value: string;
  /** The label of the field. */
  label: string;
  /** The label of the button that opens the field. */
  edit: string;
  /** Saves a text. It is called only for another text than before. */
  save: (text: string) => Promise<Outcome>;
  maxLength: number;
  multiline?: boolean;
  /** Whether an empty text is saved; otherwise the text stays as it was. */
  allowEmpty?: boolean;
  class?: string;
  /** What is in the button, before its icon. */
  button?: ComponentChildren;
  /** What is shown beside the button. */
  children?: ComponentChildren;
}

export function InlineEdit({ value, label, edit, save, maxLength, multiline, allowEmpty, class: kind, button, children }: Props) {
  const editing = useSignal(false);
  const failed = useSignal("");
  const saving = useRef(false);
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  const field = useMemo(() => (element: HTMLElement | null) => element?.focus(), []);
  useLayoutEffect(() => {
    // The button that opened the field gets the focus back when nothing else has it.
    const nowhere = !document.activeElement || document.activeElement === document.body;
    if (was.current && !editing.value && nowhere) opener.current?.focus({ preventScroll: true });
    was.current = editing.value;
  }, [editing.value]);

  const close = () => {
    failed.value = "";
    editing.value = false;
  };
  const submit = async (wanted: string) => {
    if (!editing.value || saving.current) return;
    if (wanted === value || (!wanted && !allowEmpty)) return close();
    saving.current = true;
    const outcome = await save(wanted);
    saving.current = false;
    // A text that could not be saved stays in its field.
    if (outcome.ok) close();
    else failed.value = text.interview.notSaved(outcome.error.message);
  };

  if (!editing.value) {
    return (
      <>
        {children}
        <button ref={opener} type="button" class="bare" aria-label={edit} onClick={() => (editing.value = true)}>
          {button} <Icon name="edit" />
        </button>
      </>
    );
  }
  const shared = {
    class: kind,
    dir: "auto" as const,
    "aria-label": label,
    defaultValue: value,
    maxLength,
    ref: field,
    onKeyDown(event: KeyboardEvent) {
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      }
      // Enter may also choose what an input method proposes.
      if (event.key !== "Enter" || event.isComposing || (multiline && event.shiftKey)) return;
      // Or it would press the button that has the focus then.
      event.preventDefault();
      void submit((event.currentTarget as HTMLInputElement).value.trim());
    },
    onBlur: (event: FocusEvent) => void submit((event.currentTarget as HTMLInputElement).value.trim()),
  };
  return (
    <span class="editing">
      {multiline ? <textarea rows={2} {...shared} /> : <input {...shared} />}
      {failed.value && (
        <span class="bad small" role="alert">
          {failed.value}
        </span>
      )}
    </span>
  );
}
