// @vitest-environment happy-dom
import { act, StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holdfast } from '../src/holdfast.ts';
import { HoldfastProvider, useAnalysis, useHoldfast } from '../src/react/index.ts';
import { Threads } from '../src/react/threads.ts';
import { FakeServer, MapStorage } from './fake_server.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let server: FakeServer;
let client: Holdfast;
let storage: MapStorage;
let roots: Root[];

beforeEach(() => {
  server = new FakeServer();
  storage = new MapStorage();
  roots = [];
  client = new Holdfast({ fetch: server.fetch, storage, log: () => undefined });
});
afterEach(async () => {
  await act(async () => roots.forEach((root) => root.unmount()));
  client.close();
  document.body.innerHTML = '';
});

function Chat({ threadId = 't1', name = 'chat' }: { threadId?: string; name?: string }) {
  const { ask, cancel, status, progress, text, answer, error, via, queue, elapsedMs } = useAnalysis<{ result: string }>({ threadId });
  return (
    <div id={name}>
      <button onClick={() => ask('How many?')}>Ask</button>
      <button onClick={cancel}>Stop</button>
      <output>{[status, ...progress.map(({ name }) => name), text, answer?.result.result, error?.code, via, queue?.reason].filter(Boolean).join(' ')}</output>
      <i>{elapsedMs}</i>
    </div>
  );
}

async function mount(children: ReactNode, holdfast = client): Promise<Root> {
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  roots.push(root);
  await act(async () => root.render(<StrictMode><HoldfastProvider client={holdfast}>{children}</HoldfastProvider></StrictMode>));
  return root;
}
const said = (name = 'chat') => document.querySelector(`#${name} output`)!.textContent;
const press = (label: string, name = 'chat') =>
  act(async () => [...document.querySelectorAll<HTMLButtonElement>(`#${name} button`)].find((button) => button.textContent === label)!.click());
const settle = () => act(async () => new Promise((resolve) => setTimeout(resolve, 20)));
const onlyRun = () => [...server.runs.keys()][0]!;

describe('useAnalysis', () => {
  it('shows a question from asking to its answer, and acknowledges what it has drawn', async () => {
    await mount(<Chat />);
    expect(said()).toBe('idle');
    await press('Ask');
    await settle();
    await act(async () => server.progress(onlyRun(), 'schema'));
    await settle();
    expect(said()).toBe('running schema');
    await act(async () => server.finish(onlyRun()));
    await settle();
    expect(said()).toBe(`completed schema answer of ${onlyRun()} stream`);
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('StrictMode double run: mounted twice, it asks once and follows one stream', async () => {
    await mount(<Chat />);
    await press('Ask');
    await settle();
    expect(server.count(/POST/)).toBe(1);
    expect(server.openStreams(onlyRun())).toBe(1);
  });

  it('two components of a thread show the same run', async () => {
    await mount(<><Chat name="one" /><Chat name="two" /><Chat name="other" threadId="t2" /></>);
    await press('Ask', 'one');
    await settle();
    await act(async () => server.finish(onlyRun()));
    await settle();
    expect(said('two')).toBe(said('one'));
    expect(said('one')).toMatch(/^completed/);
    expect(said('other')).toBe('idle');
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('unmounted, it leaves the run under way; mounted again, it shows it', async () => {
    const root = await mount(<Chat />);
    await press('Ask');
    await settle();
    await act(async () => root.render(<StrictMode><HoldfastProvider client={client}>{null}</HoldfastProvider></StrictMode>));
    await act(async () => server.finish(onlyRun()));
    await settle();
    expect(server.count(/cancel|\/ack/)).toBe(0);
    await act(async () => root.render(<StrictMode><HoldfastProvider client={client}><Chat /></HoldfastProvider></StrictMode>));
    await settle();
    expect(said()).toMatch(/^completed/);
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('a page that is loaded again takes up what was under way', async () => {
    const before = client.analyze({ threadId: 't1', prompt: 'q' });
    await settle();
    client.close();
    const reloaded = new Holdfast({ fetch: server.fetch, storage, log: () => undefined });
    await mount(<Chat />, reloaded);
    await act(async () => server.finish(before.id));
    await settle();
    expect(said()).toBe(`completed answer of ${before.id} stream`);
    reloaded.close();
  });

  it('stops, and says how it ended', async () => {
    await mount(<Chat />);
    await press('Ask');
    await settle();
    await press('Stop');
    await settle();
    expect(said()).toMatch(/^cancelled cancelled/);
  });

  it('tells the time since the question, and stands still at the end', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    await mount(<Chat />);
    await press('Ask');
    await act(async () => vi.advanceTimersByTimeAsync(3000));
    expect(Number(document.querySelector('#chat i')!.textContent)).toBeGreaterThanOrEqual(3000);
    vi.useRealTimers();
    await settle();
    const run = server.runs.get(onlyRun())!;
    Object.assign(run, { finished_at: run.created_at + 1234 });
    await act(async () => server.finish(onlyRun()));
    await settle();
    expect(document.querySelector('#chat i')!.textContent).toBe('1234');
  });

  it('shows the run that is asked for by its id, whatever is latest in the thread', async () => {
    const first = client.analyze({ threadId: 't1', prompt: 'first' });
    client.analyze({ threadId: 't1', prompt: 'second' });
    function One() {
      const { analysis } = useAnalysis({ threadId: 't1', runId: first.id });
      return <output>{analysis?.question.prompt} of {useHoldfast().analyses.length}</output>;
    }
    await mount(<One />);
    expect(document.querySelector('output')!.textContent).toBe('first of 2');
  });

  it('forgets the oldest of many threads', async () => {
    const threads = new Threads(client);
    const asked = Array.from({ length: 101 }, (_, i) => client.analyze({ threadId: `t${i}`, prompt: 'q' }));
    asked.forEach((analysis) => threads.remember(analysis));
    asked.forEach((analysis) => analysis.detach());
    expect([0, 1, 100].map((i) => threads.find(`t${i}`)?.id)).toEqual([undefined, asked[1]!.id, asked[100]!.id]);
  });

  it('says what is missing when there is no provider', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const root = createRoot(document.body.appendChild(document.createElement('div')), { onUncaughtError: () => undefined });
    await expect(act(async () => root.render(<Chat />))).rejects.toThrow(/HoldfastProvider/);
    vi.restoreAllMocks();
  });
});

describe('the page', () => {
  it('POST repeated on tab switch: hiding and showing sends no question, and a hidden page holds no stream', async () => {
    const analysis = client.analyze({ threadId: 't1', prompt: 'q' });
    await settle();
    const become = async (state: string) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: state });
      document.dispatchEvent(new Event('visibilitychange'));
      await settle();
    };
    await become('hidden');
    expect(server.openStreams(analysis.id)).toBe(0);
    for (let i = 0; i < 5; i++) {
      await become('visible');
      await become('hidden');
    }
    await become('visible');
    expect(server.openStreams(analysis.id)).toBe(1);
    expect(server.count(/POST/)).toBe(1);
  });

  it.each(['online', 'pageshow', 'resume'])('%s wakes at once', async (type) => {
    const analysis = client.analyze({ threadId: 't1', prompt: 'q' });
    await settle();
    server.fault = () => Promise.reject(new TypeError('offline'));
    server.breakStreams(analysis.id, new TypeError('offline'));
    await settle();
    server.finish(analysis.id);
    server.fault = () => undefined;
    expect(analysis.status).toBe('recovering');
    (type === 'resume' ? document : window).dispatchEvent(new Event(type));
    await settle();
    expect(analysis.status).toBe('completed');
  });
});
