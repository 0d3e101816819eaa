import { Component, type ComponentChildren } from "preact";
import { text } from "../i18n/en";
import { Icon } from "../ui/Icon";

interface Props {
  /** The part of the page, as in "Couldn't show the …". */
  name: string;
  children: ComponentChildren;
}

interface State {
  error: unknown;
  copied: boolean;
}

/** Keeps an error of one part of the page from taking the others with it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, copied: false };

  static override getDerivedStateFromError(error: unknown): Partial<State> {
    return { error, copied: false };
  }

  override render({ name, children }: Props, { error, copied }: State) {
    if (error === null) return children;
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const copy = async () => {
      await navigator.clipboard.writeText(details);
      this.setState({ copied: true });
    };
    return (
      <div class="banner bad" role="alert">
        <Icon name="warning" />
        <span>
          {text.app.paneCrashed(name)} <small class="quiet">{error instanceof Error ? error.message : details}</small>
        </span>
        <button type="button" onClick={() => void copy().catch(() => {})}>
          {copied ? text.app.copied : text.app.copyDetails}
        </button>
        <button type="button" onClick={() => this.setState({ error: null })}>
          {text.app.retry}
        </button>
      </div>
    );
  }
}
