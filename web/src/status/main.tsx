import '../shared/base.css';
import 'uplot/dist/uPlot.min.css';
import './status.css';
import { createRoot } from 'react-dom/client';
import { machineKept, tabKept } from '../shared/kept';
import { Rpc } from '../shared/rpc';
import { applyTheme, keptTheme } from '../shared/theme';
import { Node } from './model/node';
import { App } from './view/App';

const kept = machineKept();
applyTheme(kept, keptTheme(kept));
const node = new Node(new Rpc(tabKept()));
node.start();
createRoot(document.getElementById('root')!).render(<App node={node} kept={kept} />);
