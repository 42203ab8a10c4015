/** Draws memory against its limit with uPlot: level bands behind the curve, marks of what happened above it. */
import uPlot from 'uplot';
import { kindOf, type MarkKind } from '../model/marks.ts';
import { kGapMs } from '../model/operations.ts';
import type { ChartData } from './memory_chart.tsx';

const kMegabyte = 1024 * 1024;
const kMarkColours: Partial<Record<MarkKind, string>> = { start: '--ink', relief: '--accent', replaced: '--soft', trouble: '--bad' };

type Column = (number | null)[];

export class MemoryPlot {
  private readonly plot: uPlot;
  private readonly watch: ResizeObserver;
  /** Canvases inherit none. */
  private readonly font: string;
  private readonly theme = window.matchMedia('(prefers-color-scheme: dark)');
  private data: ChartData | undefined;
  /** Custom properties as they are used in the present theme. */
  private readonly colours = new Map<string, string>();

  constructor(private readonly place: HTMLElement) {
    this.font = getComputedStyle(place).fontFamily;
    this.plot = new uPlot(this.options(), [[], [], [], []], place);
    this.watch = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.watch.observe(place);
    this.theme.addEventListener('change', this.repaint);
  }

  destroy(): void {
    this.theme.removeEventListener('change', this.repaint);
    this.watch.disconnect();
    this.plot.destroy();
  }

  show(data: ChartData): void {
    this.data = data;
    this.plot.setData(columns(data), false);
    const limit = limitOf(data);
    const highest = Math.max(limit, ...data.samples.map((sample) => (sample[1] ?? 0) / kMegabyte));
    this.plot.batch(() => {
      this.plot.setScale('x', { min: data.begin / 1000, max: Math.max(data.end, data.begin + 1) / 1000 });
      this.plot.setScale('y', { min: 0, max: Math.max(highest * 1.08, 1) });
    });
  }

  private readonly repaint = (): void => {
    this.colours.clear();
    this.plot.redraw(false, true);
  };

  /** light-dark() is resolved by whoever uses the property, not by the property. */
  private resolved(name: string): string {
    let colour = this.colours.get(name);
    if (colour === undefined) {
      const probe = document.createElement('span');
      probe.className = 'probe';
      probe.style.color = `var(${name})`;
      this.place.append(probe);
      colour = getComputedStyle(probe).color;
      probe.remove();
      this.colours.set(name, colour);
    }
    return colour;
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.place.clientWidth, 200), height: this.place.clientWidth < 500 ? 190 : 250 };
  }

  private options(): uPlot.Options {
    const ink = () => this.resolved('--soft');
    const font = `12px ${this.font}`;
    const ticks = { stroke: () => this.resolved('--line'), width: 1 };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { show: false },
      padding: [22, 26, 0, 0],
      scales: { x: { time: true }, y: { auto: false } },
      axes: [
        { stroke: ink, font, grid: { show: false }, ticks, size: 34, space: 70, values: (_, times, _axis, _space, step) => times.map((time) => timeText(time, step)) },
        { stroke: ink, font, grid: { show: false }, ticks: { show: false }, size: 58, values: (_, sizes) => sizes.map((megabytes) => `${megabytes} MB`) },
      ],
      series: [
        {},
        { stroke: () => this.resolved('--accent'), fill: () => this.resolved('--area'), width: 2, points: { show: false } },
        { stroke: () => this.resolved('--soft'), width: 1, dash: [2, 3], points: { show: false } },
        { stroke: () => this.resolved('--ink'), width: 1.5, points: { show: false } },
      ],
      hooks: { drawClear: [(plot) => this.drawBands(plot)], draw: [(plot) => this.drawMarks(plot)] },
    };
  }

  private drawBands(plot: uPlot): void {
    const limit = this.data && limitOf(this.data);
    if (!limit) return;
    const [warning, critical, emergency] = this.data!.levels;
    const bands: [number, number, string][] = [[warning, critical, 'warning'], [critical, emergency, 'critical'], [emergency, 1, 'emergency']];
    const { ctx } = plot;
    const { left, width } = plot.bbox;
    const unit = window.devicePixelRatio;
    ctx.save();
    ctx.font = `${11 * unit}px ${this.font}`;
    ctx.textAlign = 'left';
    for (const [from, to, name] of bands) {
      const top = plot.valToPos(to * limit, 'y', true);
      const height = plot.valToPos(from * limit, 'y', true) - top;
      ctx.fillStyle = this.resolved(`--band-${name}`);
      ctx.fillRect(left, top, width, height);
      ctx.fillStyle = this.resolved('--soft');
      if (height >= 10 * unit) ctx.fillText(name, left + 6 * unit, top + height - 3 * unit);
    }
    ctx.restore();
  }

  /** A line from top to bottom for each, and a sign at its top that differs by shape. */
  private drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const unit = window.devicePixelRatio;
    ctx.save();
    ctx.lineWidth = unit;
    for (const mark of this.data?.marks ?? []) {
      const kind = kindOf(mark);
      const name = kMarkColours[kind];
      if (!name) continue;
      const x = Math.round(plot.valToPos(mark.at / 1000, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = this.resolved(name);
      ctx.globalAlpha = kind === 'replaced' ? 0.35 : 0.6;
      ctx.setLineDash(kind === 'start' ? [] : [3 * unit, 3 * unit]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.globalAlpha = 1;
      drawSign(ctx, kind, x, bbox.top - 8 * unit, 4.5 * unit);
    }
    ctx.restore();
  }
}

/** Start: a triangle; relief: a disc; replaced: a square; trouble: a rhomb. */
function drawSign(ctx: CanvasRenderingContext2D, kind: MarkKind, x: number, y: number, r: number): void {
  ctx.beginPath();
  if (kind === 'relief') ctx.arc(x, y, r, 0, 2 * Math.PI);
  else if (kind === 'replaced') ctx.rect(x - r * 0.8, y - r * 0.8, r * 1.6, r * 1.6);
  else if (kind === 'start') polygon(ctx, [[x - r, y - r], [x + r, y], [x - r, y + r]]);
  else polygon(ctx, [[x, y - r * 1.3], [x + r * 1.3, y], [x, y + r * 1.3], [x - r * 1.3, y]]);
  ctx.fill();
}

function polygon(ctx: CanvasRenderingContext2D, points: [number, number][]): void {
  points.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  ctx.closePath();
}

/** Time in s, used, the server itself, the limit, in MB. A gap in time is a gap in the curves. */
function columns({ samples }: ChartData): [number[], Column, Column, Column] {
  const times: number[] = [];
  const used: Column = [];
  const own: Column = [];
  const limits: Column = [];
  const add = (at: number, ...sizes: (number | null)[]) => {
    times.push(at / 1000);
    [used, own, limits].forEach((column, i) => column.push(sizes[i] == null ? null : sizes[i]! / kMegabyte));
  };
  let last = 0;
  for (const [at, use, limit, supervisor] of samples) {
    if (last > 0 && at - last > kGapMs) add(last + 1, null, null, null);
    add(at, use, supervisor, limit);
    last = at;
  }
  return [times, used, own, limits];
}

function limitOf({ samples }: ChartData): number {
  return (samples.findLast((sample) => sample[2] !== null)?.[2] ?? 0) / kMegabyte;
}

/** With seconds where the lines are closer than a minute. */
function timeText(seconds: number, step: number): string {
  const whole = new Date(seconds * 1000).toLocaleTimeString('en-GB');
  return step < 60 ? whole : whole.slice(0, 5);
}
