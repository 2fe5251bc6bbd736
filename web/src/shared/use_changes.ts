import { useSyncExternalStore } from 'react';
import type { Changes } from './changes';

/** Renders again whenever it changes. */
export function useChanges<T extends Changes>(what: T): T {
  useSyncExternalStore(what.subscribe, () => what.version);
  return what;
}
