/** Moves the focus before the row of a button goes: to the same button of the row beside
 * it, or to another element. */
export function focusBeside(button: HTMLElement, otherwise: () => HTMLElement | null | undefined): void {
  const row = button.closest("li");
  const buttons = row ? [...row.querySelectorAll<HTMLElement>("button")] : [];
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  // Counted from the end, as only some rows begin with a button.
  const next = [...(beside?.querySelectorAll<HTMLElement>("button") ?? [])].at(buttons.indexOf(button) - buttons.length);
  (next ?? otherwise())?.focus({ preventScroll: true });
}
