// Web storage that may be switched off, full, or not there: then things are kept until the page
// goes, and nothing breaks.

export interface Kept {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** `area` is asked for each time: browsers throw where storage is switched off. */
export function keptIn(area: () => Storage): Kept {
  const here = new Map<string, string>();
  const attempt = <T>(what: () => T, otherwise: T): T => {
    try {
      return what();
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => here.get(key) ?? attempt(() => area().getItem(key), null),
    set(key, value) {
      const stored = attempt(() => (area().setItem(key, value), true), false);
      if (stored) here.delete(key);
      else here.set(key, value);
    },
    remove(key) {
      here.delete(key);
      attempt(() => area().removeItem(key), undefined);
    },
  };
}

/** As long as this tab, reloads included. A duplicated tab starts with a copy. */
export const tabKept = (): Kept => keptIn(() => sessionStorage);
/** On this machine, for all tabs. */
export const machineKept = (): Kept => keptIn(() => localStorage);

/** What was kept as JSON; nothing when it is none. */
export function readJson<T>(kept: Kept, key: string): T | undefined {
  try {
    const text = kept.get(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
