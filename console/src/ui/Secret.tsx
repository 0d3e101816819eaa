import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { copyText } from "../lib/copy";

interface Props {
  label: string;
  value: string;
  copy: string;
  copied: string;
}

/** A text to be copied: selected where the browser does not permit to copy it. */
export function Secret({ label, value, copy, copied }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const isCopied = useSignal(false);
  const take = async () => {
    isCopied.value = await copyText(value);
    if (!isCopied.value) field.current?.select();
  };
  return (
    <span class="secret">
      <input ref={field} readOnly aria-label={label} value={value} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" onClick={() => void take()}>
        {copy}
      </button>
      <span class="quiet small" role="status">
        {isCopied.value && copied}
      </span>
    </span>
  );
}
