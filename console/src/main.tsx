import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat/chat.ts';
import { threadInAddress } from './chat/address.ts';
import { App } from './view/app.tsx';
import './view/page.css';

// Outside React: mounting twice must not ask twice.
const chat = new Chat();
chat.open(threadInAddress());
window.addEventListener('hashchange', () => chat.open(threadInAddress()));
chat.start();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App chat={chat} />
  </StrictMode>,
);
