import { useMemo, useState } from 'react';
import { relieve } from '../link/actions.ts';
import { describe, kindOf, kMarkNames, type MarkKind } from '../model/marks.ts';
import type { Operations } from '../model/operations.ts';
import { clock, duration, percent, size, sizeOf } from '../model/words.ts';
import { Action } from '../view/action.tsx';
import { MemoryChart } from '../view/memory_chart.tsx';
import { Panel, Scroll } from '../view/panel.tsx';

const kWindows = [5, 15, 30];
/** The shortest time shown, ms. */
const kLeast = 120_000;
const kShown: MarkKind[] = ['start', 'relief', 'replaced', 'trouble'];

export function MemoryPanel({ operations }: { operations: Operations }) {
  const [minutes, setMinutes] = useState(15);
  const end = operations.samples.at(-1)?.[0] ?? 0;
  const begin = beginOf(operations, end, minutes);
  const samples = useMemo(() => operations.samples.filter((sample) => sample[0] >= begin), [operations.samples, begin]);
  const marks = useMemo(() => operations.marks.filter((mark) => mark.at >= begin), [operations.marks, begin]);
  const [, used, limit] = samples.at(-1) ?? [];
  const peak = Math.max(0, ...samples.map((sample) => sample[1] ?? 0));
  const level = operations.topics.level;
  const kinds = kShown.filter((kind) => marks.some((mark) => kindOf(mark) === kind));
  const aside = <Action name="Relieve now" act={relieve} />;
  return (
    <Panel id="memory" title="Memory" aside={aside}>
      <div className="reading">
        <p className="big">{used != null && limit != null ? sizeOf(used, limit) : 'not readable'}</p>
        <p>
          {used != null && limit != null && <>{percent(used / limit)}, </>}level <strong className={`level ${level?.name}`}>{level?.name ?? 'unknown'}</strong>
          {level?.since != null && <> for {duration((end - level.since) / 1000)}</>}
          <span aria-hidden="true"> · </span>highest {size(peak)}
        </p>
        <fieldset className="window">
          <legend className="unseen">Time shown</legend>
          {kWindows.map((choice) => (
            <label key={choice}><input type="radio" name="window" checked={choice === minutes} onChange={() => setMinutes(choice)} /><span>{choice} min</span></label>
          ))}
        </fieldset>
      </div>
      <MemoryChart samples={samples} marks={marks} levels={operations.levels} begin={begin} end={end} label={summary(samples.length, minutes, used, limit, peak, marks.length)} />
      <ul className="legend lines" aria-label="Lines in the graph">
        <li className="used"><span aria-hidden="true" />used by the server and its workers</li>
        <li className="own"><span aria-hidden="true" />by the server itself</li>
        <li className="limit"><span aria-hidden="true" />limit</li>
      </ul>
      {kinds.length > 0 && (
        <ul className="legend" aria-label="Marks in the graph">
          {kinds.map((kind) => <li key={kind} className={kind}><span aria-hidden="true" />{kMarkNames[kind]}<b>{marks.filter((mark) => kindOf(mark) === kind).length}</b></li>)}
        </ul>
      )}
      <details>
        <summary>What happened, and memory by the minute, as tables</summary>
        <Tables operations={operations} begin={begin} />
      </details>
    </Panel>
  );
}

/** A server that was just started has little to show: it is not squeezed into the last pixel. */
function beginOf({ samples }: Operations, end: number, minutes: number): number {
  const first = samples[0]?.[0] ?? end;
  return Math.max(end - minutes * 60_000, Math.min(first, end - kLeast));
}

function Tables({ operations, begin }: { operations: Operations; begin: number }) {
  const marks = operations.marks.filter((mark) => mark.at >= begin);
  const minutes = new Map<number, { at: number; highest: number; running: number; waiting: number }>();
  for (const [at, used, , , , running, waiting] of operations.samples) {
    if (at < begin || used === null) continue;
    const minute = Math.floor(at / 60_000);
    const seen = minutes.get(minute) ?? { at: minute * 60_000, highest: 0, running: 0, waiting: 0 };
    minutes.set(minute, { at: seen.at, highest: Math.max(seen.highest, used), running: Math.max(seen.running, running), waiting: Math.max(seen.waiting, waiting) });
  }
  return (
    <div className="tables">
      <Scroll label="What happened">
        <table>
          <thead><tr><th scope="col">Time</th><th scope="col">What happened</th></tr></thead>
          <tbody>
            {marks.toReversed().map((mark) => <tr key={mark.id}><td>{clock(mark.at)}</td><td className="wrap">{describe(mark)}{mark.instance !== operations.instance && ' (another server)'}</td></tr>)}
            {marks.length === 0 && <tr><td colSpan={2}>Nothing in this time.</td></tr>}
          </tbody>
        </table>
      </Scroll>
      <Scroll label="Memory by the minute">
        <table>
          <thead><tr><th scope="col">Minute</th><th scope="col" className="number">Highest</th><th scope="col" className="number">Running</th><th scope="col" className="number">Waiting</th></tr></thead>
          <tbody>
            {[...minutes.values()].toReversed().map((minute) => <tr key={minute.at}><td>{clock(minute.at).slice(0, 5)}</td><td className="number">{size(minute.highest)}</td><td className="number">{minute.running}</td><td className="number">{minute.waiting}</td></tr>)}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}

/** What the picture shows, for those who do not see it. */
function summary(samples: number, minutes: number, used: number | null | undefined, limit: number | null | undefined, peak: number, marks: number): string {
  if (samples === 0 || used == null || limit == null) return `Memory of the last ${minutes} minutes: no reading yet.`;
  return `Memory of the last ${minutes} minutes: now ${sizeOf(used, limit)}, highest ${size(peak)}, ${marks} marks. The tables below have the figures.`;
}
