// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });

export const count = (n: number): string => whole.format(n);

/** Three digits are enough for a look; nothing is a dash. */
export function figure(n: number | null | undefined, unit: string): string {
  if (n === null || n === undefined) return '–';
  const text = n !== 0 && Math.abs(n) < 0.0005 ? n.toExponential(0) : short.format(n);
  return unit === '' ? text : `${text}${unit.startsWith('/') || unit.startsWith('%') ? '' : ' '}${unit}`;
}

export function duration(seconds: number): string {
  const steps: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = steps.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0 s';
  return steps.slice(first, first + 2).map(([size, name], i) => {
    const left = i === 0 ? seconds : seconds % steps[first]![0];
    return `${Math.floor(left / size)} ${name}`;
  }).filter((part, i) => i === 0 || !part.startsWith('0 ')).join(' ');
}

export const moment = (iso: string): string => new Date(iso).toLocaleString();
