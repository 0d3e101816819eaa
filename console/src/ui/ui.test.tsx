import { render } from "preact";
import { useState } from "preact/hooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api/errors";
import type { Outcome } from "../lib/outcome";
import { drawn } from "./drawn";
import { InlineEdit } from "./InlineEdit";
import { Tabs } from "./Tabs";

const press = (element: Element, key: string, more: KeyboardEventInit = {}) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

beforeEach(() => void (document.body.innerHTML = ""));
afterEach(() => render(null, document.body));

const TABS = ["a", "b", "c"].map((key) => ({ key, name: key.toUpperCase() }));
function Tabbed() {
  const [selected, select] = useState("a");
  return <Tabs label="Parts" tabs={TABS} selected={selected} onSelect={select} panel={(key) => `pane-${key}`} />;
}

test("tabs are one stop, and arrow keys move among them", async () => {
  render(<Tabbed />, document.body);
  const tab = () => document.activeElement!;
  document.querySelector<HTMLElement>("[role=tab]")!.focus();
  const seen: (string | null)[] = [];
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"]) {
    press(tab(), key);
    await drawn();
    seen.push(tab().textContent);
  }
  expect(seen).toEqual(["B", "C", "A", "C", "A", "C"]);
  expect([...document.querySelectorAll("[role=tab]")].map((tab) => (tab as HTMLElement).tabIndex)).toEqual([-1, -1, 0]);
  expect(document.querySelector("[aria-selected=true]")?.getAttribute("aria-controls")).toBe("pane-c");
});

const save = vi.fn(async (_text: string): Promise<Outcome> => ({ ok: true }));
async function edited(more: { allowEmpty?: boolean } = {}) {
  save.mockClear();
  render(<InlineEdit value="Ada" label="Name" edit="Rename" maxLength={9} save={save} {...more} />, document.body);
  document.querySelector("button")!.click();
  await drawn();
  return document.querySelector("input")!;
}

test("Enter saves once, and gives the focus back", async () => {
  const field = await edited();
  expect(document.activeElement).toBe(field);
  field.value = " Grace ";
  press(field, "Enter");
  press(field, "Enter");
  await drawn();
  expect(save).toHaveBeenCalledExactlyOnceWith("Grace");
  expect(document.activeElement).toBe(document.querySelector("button"));
});

test("Escape, an unchanged and an empty text save nothing", async () => {
  const field = await edited();
  field.value = "Grace";
  press(field, "Escape");
  await drawn();
  expect(document.querySelector("input")).toBeNull();
  for (const text of ["Ada", " "]) {
    const again = await edited();
    again.value = text;
    again.dispatchEvent(new FocusEvent("blur"));
    await drawn();
    expect(document.querySelector("input")).toBeNull();
  }
  expect(save).not.toHaveBeenCalled();
});

test("an input method's Enter does not save", async () => {
  const field = await edited();
  field.value = "エ";
  press(field, "Enter", { isComposing: true });
  await drawn();
  expect(save).not.toHaveBeenCalled();
  expect(document.querySelector("input")).toBe(field);
});

test("an empty text is saved where it has a meaning", async () => {
  const field = await edited({ allowEmpty: true });
  field.value = "";
  press(field, "Enter");
  await drawn();
  expect(save).toHaveBeenCalledExactlyOnceWith("");
});

test("a text that could not be saved stays in its field, with the reason", async () => {
  const field = await edited();
  save.mockResolvedValueOnce({ ok: false, error: new ApiError({ status: 503, title: "Not now" }) });
  field.value = "Grace";
  press(field, "Enter");
  await drawn();
  expect(document.querySelector("input")?.value).toBe("Grace");
  expect(document.querySelector("[role=alert]")?.textContent).toBe("Couldn't save. Not now");
});
