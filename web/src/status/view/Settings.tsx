/** What the node was started with. */
export function Settings({ settings }: { settings: Record<string, unknown> }) {
  const entries = Object.entries(settings);
  if (entries.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="settings-title">
      <details>
        <summary><h2 id="settings-title">Started with</h2></summary>
        <dl className="facts settings">
          {entries.map(([name, value]) => (
            <div key={name}><dt>{name}</dt><dd>{textOf(value)}</dd></div>
          ))}
        </dl>
      </details>
    </section>
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.join(', ');
  return value === '' || value === null ? '–' : String(value);
}
