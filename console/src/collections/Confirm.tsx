import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { collectionText } from "../i18n/collections";

interface Props {
  title: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, action, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="collection" aria-labelledby="confirm-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          if ((event as SubmitEvent).submitter?.getAttribute("value") === "yes") onConfirm();
        }}
      >
        <h2 id="confirm-title">{title}</h2>
        {children}
        <div class="buttons end">
          <button type="submit" value="no">
            {collectionText.collections.cancel}
          </button>
          <button type="submit" value="yes" class="primary">
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
