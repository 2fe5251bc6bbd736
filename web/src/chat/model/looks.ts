// How names look: the same everywhere and for everybody.

const hues = 12;

/** 0 to 11, by the name alone. */
export function hueOf(name: string): number {
  let hash = 2166136261;
  for (const character of name.normalize().toLowerCase())
    hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619);
  return (hash >>> 8) % hues;
}

/** One or two letters; of a name without letters whatever it begins with. */
export function initialsOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const first = [...(words[0] ?? name.trim())][0] ?? '?';
  const last = words.length > 1 ? [...words[words.length - 1]!][0]! : '';
  return (first + last).toLocaleUpperCase();
}
