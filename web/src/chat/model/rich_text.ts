// A message's text as parts to show: nothing in it is markup for the page. Addresses become links,
// `code` and ```blocks``` are set as code.

export type Part =
  | { kind: 'text' | 'code' | 'block' | 'mention'; text: string }
  | { kind: 'link'; text: string; href: string };

const pattern =
  /```(?:[\w+-]*\n)?([\s\S]+?)```|`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)|(?<=^|[\s(])@([\p{L}\p{N}_.-]+)/gu;
const trailing = /[.,;:!?)\]}]+$/;

/** `names` are those that `@name` may mean. */
export function partsOf(text: string, names: ReadonlySet<string>): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const push = (until: number) => {
    if (until > end) parts.push({ kind: 'text', text: text.slice(end, until) });
  };
  for (const match of text.matchAll(pattern)) {
    const [whole, block, code, link, name] = match;
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
      const href = link.replace(trailing, '');
      parts.push({ kind: 'link', text: href, href });
      end = at + href.length;
    }
  }
  push(text.length);
  return parts;
}

const emojiOnly =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{EMod})*\s*){1,4}$/u;

/** A few emoji and nothing else. */
export const isEmojiOnly = (text: string): boolean => emojiOnly.test(text);
