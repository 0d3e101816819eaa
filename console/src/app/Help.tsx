import { useLayoutEffect, useRef } from "preact/hooks";
import { text } from "../i18n/en";
import { helpText } from "../i18n/help";
import { KeyList } from "../ui/KeyList";

/** The keys of the page. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={text.app.shortcuts} onClose={onClose}>
      <h2>{text.app.shortcuts}</h2>
      <KeyList keys={helpText.shortcuts} />
      <form method="dialog">
        <button class="primary">{text.app.close}</button>
      </form>
    </dialog>
  );
}
