export function TypingLine({ names }: { names: readonly string[] }) {
  const [first, second] = names;
  if (first === undefined) return <span className="typing" />;
  const who =
    names.length > 2 ? `${first} and ${names.length - 1} others` : second ? `${first} and ${second}` : first;
  return (
    <span className="typing">
      <span className="dots" aria-hidden="true"><i /><i /><i /></span>
      {who} {names.length > 1 ? 'are' : 'is'} writing
    </span>
  );
}
