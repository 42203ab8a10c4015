import { useEffect, useRef } from 'react';
import type { Mark, WireSample } from '../model/wire.ts';
import { MemoryPlot } from './memory_plot.ts';

export interface ChartData {
  samples: WireSample[];
  marks: Mark[];
  levels: [number, number, number];
  begin: number;
  end: number;
}

/** The graph of memory. `label` says what it shows. */
export function MemoryChart({ label, ...data }: ChartData & { label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<MemoryPlot>(undefined);

  useEffect(() => {
    const made = new MemoryPlot(place.current!);
    plot.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => plot.current?.show(data));

  return <div className="chart" role="img" aria-label={label} ref={place} />;
}
