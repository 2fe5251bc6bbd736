// Times as people read them, in their own zone and language.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const month = { day: 'numeric', month: 'long' } as const;
const date = new Intl.DateTimeFormat(undefined, { weekday: 'short', ...month });
const longDate = new Intl.DateTimeFormat(undefined, { year: 'numeric', ...month });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export const clockTime = (at: number): string => clock.format(at);
export const fullTime = (at: number): string => full.format(at);

/** The local day it is on: its first moment. */
export const dayOf = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

export function dayName(at: number, now: number): string {
  const days = Math.round((dayOf(now) - dayOf(at)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days > 1 && days < 7) return weekday.format(at);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? date : longDate).format(at);
}
