export function TypingLine({ names }: { names: readonly string[] }) {
  const [first, second] = names;
  if (first === undefined) return <span className="typing" />;
  return (
    <span className="typing">
      <span className="dots" aria-hidden="true"><i /><i /><i /></span>
      <span className="typing-text">
        <bdi>{first}</bdi>
        {names.length > 2 && ` and ${names.length - 1} others`}
        {names.length === 2 && <> and <bdi>{second}</bdi></>}
        {names.length > 1 ? ' are' : ' is'} writing
      </span>
    </span>
  );
}
