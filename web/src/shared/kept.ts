// Web storage that may be switched off, full, or not there: then things are kept until the page
// goes, and nothing breaks.

export interface Kept {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  /** The names of all that is kept. */
  keys(): string[];
  /** False: some of it goes with the page. */
  isLasting(): boolean;
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
    keys: () => [...new Set([...here.keys(), ...attempt(() => Object.keys(area()), [])])],
    isLasting: () => here.size === 0,
  };
}

/** The part of another one whose names begin so; here they are without that. */
export function partOf(whole: Kept, prefix: string): Kept {
  return {
    get: (key) => whole.get(prefix + key),
    set: (key, value) => whole.set(prefix + key, value),
    remove: (key) => whole.remove(prefix + key),
    keys: () =>
      whole.keys().filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    isLasting: () => whole.isLasting(),
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
