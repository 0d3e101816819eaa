import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listenToKeys } from "./keys";
import { Scope } from "./scope";

let scope: Scope;
const seek = vi.fn();
const play = vi.fn();
const bookmark = vi.fn();

beforeEach(() => {
  vi.clearAllMocks();
  scope = new Scope();
  listenToKeys(scope, { ArrowRight: seek, " ": play, b: bookmark });
  document.body.innerHTML = `<input id="text"><button id="button">Go</button>
    <div role="tablist"><button id="tab">Notes</button></div><p id="plain" tabindex="0">Text</p>`;
});
afterEach(() => scope.dispose());

function press(id: string, key: string, more: KeyboardEventInit = {}) {
  document.getElementById(id)!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

test("keys work where they have no other meaning", () => {
  press("plain", "ArrowRight");
  press("button", "ArrowRight");
  press("plain", " ");
  expect(seek).toHaveBeenCalledTimes(2);
  expect(play).toHaveBeenCalledOnce();
});

test("keys keep the meaning that they have in a field, on a button and among tabs", () => {
  press("text", "b");
  press("button", " ");
  press("tab", "ArrowRight");
  press("plain", "b", { ctrlKey: true });
  for (const action of [seek, play, bookmark]) expect(action).not.toHaveBeenCalled();
});

test("a held key seeks on, but sets one bookmark", () => {
  press("plain", "b");
  press("plain", "b", { repeat: true });
  press("plain", "ArrowRight");
  press("plain", "ArrowRight", { repeat: true });
  expect(bookmark).toHaveBeenCalledOnce();
  expect(seek).toHaveBeenCalledTimes(2);
});

test("after the end of the scope keys do nothing", () => {
  scope.dispose();
  press("plain", "b");
  expect(bookmark).not.toHaveBeenCalled();
});
