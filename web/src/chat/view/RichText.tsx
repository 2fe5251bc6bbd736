import { partsOf } from '../model/rich_text';

export function RichText({ text, names }: { text: string; names: ReadonlySet<string> }) {
  return partsOf(text, names).map((part, index) => {
    switch (part.kind) {
      case 'link':
        return (
          <a key={index} dir="ltr" href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        );
      case 'code':
        return <code key={index} dir="ltr">{part.text}</code>;
      case 'block':
        return <pre key={index} dir="ltr" tabIndex={-1}><code>{part.text}</code></pre>;
      case 'mention':
        return <bdi key={index} className="mention">{part.text}</bdi>;
      default:
        return part.text;
    }
  });
}
