import { hueOf, initialsOf } from '../model/looks';

/** A nickname's colour and letters; it is said beside it. */
export function Avatar({ name, size = 'm' }: { name: string; size?: 's' | 'm' | 'l' }) {
  return (
    <span className={`avatar avatar-${size} hue-${hueOf(name)}`} dir="auto" aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
