// A message's text as parts to show: nothing in it is markup for the page. Web and mail addresses
// become links, `code` and ```blocks``` are set as code.

export type Part =
  | { kind: 'text' | 'code' | 'block' | 'mention'; text: string }
  | { kind: 'link'; text: string; href: string };

const block = '```(?:[\\w+-]*\\n)?([\\s\\S]+?)```';
const code = '`([^`\\n]+)`';
// An address ends at a blank, at quotes, and at the marks of scripts that write without blanks.
const rest = '[^\\s<>"`\\u3000-\\u303f\\uff00-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65]';
const web = `((?:https?:\\/\\/|(?<![\\p{L}\\p{N}@.\\/-])www\\.(?=[\\p{L}\\p{N}]))${rest}+)`;
const mail =
  '((?<![\\p{L}\\p{N}._%+-])[\\p{L}\\p{N}._%+-]+@(?:[\\p{L}\\p{N}-]+\\.)+\\p{L}{2,})';
const mention = '(?<=^|[\\s(])@([\\p{L}\\p{N}_.-]+)';
const pattern = new RegExp([block, code, web, mail, mention].join('|'), 'giu');

const ofSentence = /[.,;:!?'’”»*([{]/;
const closing: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Without what belongs to the sentence around it. A bracket belongs to it that opens in it. */
function trimmed(link: string): string {
  const counts = new Map<string, number>();
  for (const one of link) counts.set(one, (counts.get(one) ?? 0) + 1);
  let end = link.length;
  for (; end > 0; --end) {
    const last = link[end - 1]!;
    const opening = closing[last];
    const count = counts.get(last) ?? 0;
    if (opening === undefined ? !ofSentence.test(last) : (counts.get(opening) ?? 0) >= count) break;
    counts.set(last, count - 1);
  }
  return link.slice(0, end);
}

/** `names` are those that `@name` may mean. */
export function partsOf(text: string, names: ReadonlySet<string>): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const push = (until: number) => {
    if (until > end) parts.push({ kind: 'text', text: text.slice(end, until) });
  };
  for (const match of text.matchAll(pattern)) {
    const [whole, block, code, link, mail, name] = match;
    const at = match.index;
    if (name !== undefined && !names.has(name.toLowerCase())) continue;
    push(at);
    end = at + whole.length;
    if (block !== undefined) {
      parts.push({ kind: 'block', text: block.replace(/\n$/, '') });
      if (text[end] === '\n') ++end; // a block ends its line
    }
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (name !== undefined) parts.push({ kind: 'mention', text: whole });
    else if (link !== undefined) {
      const text = trimmed(link);
      parts.push({ kind: 'link', text, href: /^www/i.test(text) ? `https://${text}` : text });
      end = at + text.length;
    } else if (mail !== undefined) parts.push({ kind: 'link', text: mail, href: `mailto:${mail}` });
  }
  push(text.length);
  return parts;
}

const emojiOnly =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{EMod})*\s*){1,4}$/u;

/** A few emoji and nothing else. */
export const isEmojiOnly = (text: string): boolean => emojiOnly.test(text);
