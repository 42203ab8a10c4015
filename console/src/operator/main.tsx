import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Feed } from './link/feed.ts';
import { App } from './view/app.tsx';
import 'uplot/dist/uPlot.min.css';
import './view/console.css';

// Outside React: mounting twice must not open two streams.
const feed = new Feed();
void feed.start();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App feed={feed} />
  </StrictMode>,
);
