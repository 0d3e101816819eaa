import { text } from "../i18n/en";
import { Icon } from "./Icon";

interface Props {
  what: string;
  /** Why, and what is done about it. */
  details?: string;
  onRetry?: (() => void) | null;
  action?: string;
}

/** A failure in its place, with a way on. */
export function FailureBanner({ what, details, onRetry, action = text.app.retry }: Props) {
  return (
    <p class="banner bad" role="alert">
      <Icon name="warning" />
      <span>
        {what} {details}
      </span>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {action}
        </button>
      )}
    </p>
  );
}
