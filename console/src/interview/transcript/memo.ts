import { Component, type ComponentChild, createElement, type FunctionComponent } from "preact";

/** A component that is drawn again only when its properties differ. */
export function memo<P extends object>(
  draw: (props: P) => ComponentChild,
  same: (before: P, now: P) => boolean,
): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P) {
      return !same(this.props, next);
    }
    override render(props: P) {
      return draw(props);
    }
  }
  return (props) => createElement(Memo, props);
}
