// Light, dark, or as the system has it.

import { effect, signal } from "@preact/signals";
import { keep, kept } from "./storage";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function keptTheme(): Theme {
  const text = kept("theme");
  return THEMES.find((theme) => theme === text) ?? "system";
}

export const theme = signal<Theme>(keptTheme());

const dark = matchMedia("(prefers-color-scheme: dark)");
/** Counts the changes, for what is painted rather than styled. */
export const repaint = signal(0);
dark.addEventListener("change", () => (repaint.value += 1));

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  keep("theme", theme.value);
  repaint.value = repaint.peek() + 1;
});

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}

/** The colour that a custom property stands for now. */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
