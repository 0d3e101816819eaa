/** Before a row goes whose button has the focus, which would go with it: the same button
 * of the row beside it gets it, or what is named. */
export function focusBeside(button: HTMLElement, otherwise: string): void {
  const row = button.closest("li");
  const other = row?.nextElementSibling ?? row?.previousElementSibling;
  const next = other?.querySelector<HTMLElement>("button:last-of-type") ?? document.querySelector<HTMLElement>(otherwise);
  next?.focus({ preventScroll: true });
}
