import '../shared/base.css';
import './styles/layout.css';
import './styles/rooms.css';
import './styles/room.css';
import './styles/messages.css';
import './styles/composer.css';
import './styles/people.css';
import { createRoot } from 'react-dom/client';
import { applyTheme, keptTheme } from '../shared/theme';
import { Chat } from './model/chat';
import { App } from './view/App';

const chat = new Chat();
applyTheme(chat.machineKept, keptTheme(chat.machineKept));
chat.start();
createRoot(document.getElementById('root')!).render(<App chat={chat} />);
