export function TypingLine({ names }: { names: readonly string[] }) {
  const [first, second] = names;
  if (first === undefined) return <span className="typing" />;
  const others = names.length > 2 ? `${names.length - 1} others` : second;
  const who = others === undefined ? first : `${first} and ${others}`;
  return (
    <span className="typing">
      <span className="dots" aria-hidden="true"><i /><i /><i /></span>
      {who} {names.length > 1 ? 'are' : 'is'} writing
    </span>
  );
}
