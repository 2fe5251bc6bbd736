// The id of a new room, proposed from its name. Names may have any letters, ids only A to Z.

const idMax = 64;

/** A name's letters as an id can have them; the others are left out. */
const slugOf = (name: string): string =>
  name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '').replace(/ß/g, 'ss').trim()
    .replace(/[^a-z0-9._-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');

/**
 * `suffix` makes an id its own where the name gives too little for one, or where it `isTaken`.
 * Nothing where there is no name yet.
 */
export function proposeId(
  name: string,
  suffix: string,
  isTaken: (id: string) => boolean,
): { id: string; isMadeUp: boolean } {
  const letters = name.normalize('NFKD').match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (name.trim() === '') return { id: '', isMadeUp: false };
  const slug = slugOf(name);
  const isMadeUp = slug.replace(/[^a-z0-9]/g, '').length * 2 < Math.max(letters, 2);
  const id = slug.slice(0, idMax);
  if (!isMadeUp && !isTaken(id)) return { id, isMadeUp };
  const stem = isMadeUp ? 'room' : slug.slice(0, idMax - suffix.length - 1);
  return { id: `${stem}-${suffix}`, isMadeUp };
}
