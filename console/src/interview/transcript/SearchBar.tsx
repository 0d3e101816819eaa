import { text } from "../../i18n/en";
import { Icon } from "../../ui/Icon";

interface Props {
  search: string;
  /** The match that is shown, from 0, of how many. */
  at: number;
  all: number;
  onSearch: (search: string) => void;
  /** Goes to the next match or the one before. */
  onGo: (by: 1 | -1) => void;
}

export function SearchBar({ search, at, all, onSearch, onGo }: Props) {
  return (
    <>
      <label class="search">
        <Icon name="search" />
        <span class="hidden">{text.transcript.search}</span>
        <input
          id="search"
          type="search"
          placeholder={text.transcript.placeholder}
          value={search}
          onInput={(event) => onSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onGo(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
      </label>
      {search && (
        <span class="found" aria-live="polite">
          {all ? text.transcript.found(at + 1, all) : text.transcript.notFound}
          <button type="button" class="bare" aria-label={text.transcript.previous} onClick={() => onGo(-1)}>
            ↑
          </button>
          <button type="button" class="bare" aria-label={text.transcript.next} onClick={() => onGo(1)}>
            ↓
          </button>
        </span>
      )}
    </>
  );
}
