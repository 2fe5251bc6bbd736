import type { Kept } from '../../shared/kept';
import { useChanges } from '../../shared/use_changes';
import { KeyDialog } from '../../shared/view/KeyDialog';
import { Refusal } from '../../shared/view/Refusal';
import type { CommandError } from '../../shared/rpc';
import { wordsOf, type Words } from '../../shared/words';
import type { Node } from '../model/node';
import { plots } from '../model/series';
import { Head } from './Head';
import { Plot } from './Plot';
import { Rooms } from './Rooms';
import { Sessions } from './Sessions';
import { Settings } from './Settings';

export function App({ node, kept }: { node: Node; kept: Kept }) {
  useChanges(node);
  const { status, error, keyWanted } = node;
  return (
    <>
      <Head status={status} isLost={error !== undefined} isLocked={keyWanted !== undefined}
        kept={kept} />
      <main className="page">
        {error && !keyWanted && <Refusal why={wordsOf(error)} />}
        {status?.storage.failing && (
          <Refusal why={{
            title: 'The node cannot store messages',
            text: 'Free disk space, or see its log: it recovers by itself.',
          }} />
        )}
        <h2 className="unseen">Plots</h2>
        <div className="plots">
          {plots.map((plot, i) => (
            <Plot key={plot.title} plot={plot} times={node.times} values={node.values[i]!} />
          ))}
        </div>
        {status && (
          <>
            <Rooms rpc={node.rpc} />
            <Sessions rpc={node.rpc} totals={status.sessions} />
            <Settings settings={status.settings} />
          </>
        )}
      </main>
      {keyWanted && (
        <KeyDialog refusal={node.rpc.key !== null ? refusalOf(keyWanted) : undefined}
          onKey={(key) => node.giveKey(key)} />
      )}
    </>
  );
}

const refusalOf = (error: CommandError): Words =>
  error.code === 'FORBIDDEN'
    ? { title: 'This key is not enough', text: 'This page wants one with the scope admin.' }
    : wordsOf(error);
