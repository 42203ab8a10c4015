import { createContext, createElement, useContext, useEffect, useMemo, type ReactNode } from 'react';
import type { Holdfast } from '../holdfast.ts';
import { Threads } from './threads.ts';

interface Shared {
  client: Holdfast;
  threads: Threads;
}

const Context = createContext<Shared | undefined>(undefined);

export interface HoldfastProviderProps {
  /** Made once, outside of React: mounting twice must not ask twice. */
  client: Holdfast;
  children?: ReactNode;
}

/** Gives everything below it one client, and takes up what was under way when the page was left. */
export function HoldfastProvider({ client, children }: HoldfastProviderProps) {
  const shared = useMemo(() => ({ client, threads: new Threads(client) }), [client]);
  useEffect(() => {
    // Mounted twice, it finds what it follows already.
    void client.resumeAll().then((found) => {
      found.forEach((analysis) => shared.threads.remember(analysis));
    });
  }, [client, shared]);
  return createElement(Context.Provider, { value: shared }, children);
}

export function useShared(): Shared {
  const shared = useContext(Context);
  if (!shared) throw new Error('useAnalysis and useHoldfast need <HoldfastProvider client={…}> above them');
  return shared;
}

export function useHoldfast(): Holdfast {
  return useShared().client;
}
