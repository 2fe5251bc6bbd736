import { Component } from 'react';

/** Calls `look` before what was rendered gets into the page: the last moment to see it as it was. */
export class BeforeUpdate extends Component<{ look: () => void }> {
  override getSnapshotBeforeUpdate(): null {
    this.props.look();
    return null;
  }
  override componentDidUpdate(): void {} // React wants it beside the other
  override render(): null {
    return null;
  }
}
