import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { UploadDraft } from "../stores/uploadSettings";
import { lazyPart } from "../ui/lazy";

const UploadForm = lazyPart(async () => (await import("./UploadForm")).UploadForm);

/** Asks for titles and settings before files are uploaded. It is open while there are
 * drafts. They go into the collection that is shown, unless another one is chosen. */
export function UploadDialog({ drafts, collection }: { drafts: Signal<UploadDraft[]>; collection: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = drafts.value.length > 0;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="upload" aria-labelledby="upload-title" onClose={() => (drafts.value = [])}>
      {isOpen && <UploadForm drafts={drafts} collection={collection} />}
    </dialog>
  );
}
