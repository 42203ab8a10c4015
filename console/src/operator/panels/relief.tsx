import { clearCache } from '../link/actions.ts';
import type { Operations } from '../model/operations.ts';
import type { ReliefAction } from '../model/wire.ts';
import { percent, plain, size, sizeOf, took } from '../model/words.ts';
import { Action } from '../view/action.tsx';
import { Figure, Figures, Panel, Scroll } from '../view/panel.tsx';

/** What gave memory back so far, cheapest first, and the cache that goes first of all. */
export function ReliefPanel({ operations }: { operations: Operations }) {
  const { relief, cache } = operations.topics;
  const recycled = Object.entries(relief?.recycled ?? {}).filter(([, times]) => times > 0);
  return (
    <Panel id="relief" title="Relief" aside={cache?.enabled && <Action name="Clear cache" act={clearCache} />}>
      {relief && (
        <Scroll label="Relief actions">
          <table>
            <thead><tr><th scope="col">Action, cheapest first</th><th scope="col" className="number">Gave back</th><th scope="col" className="number">Pause</th><th scope="col" className="number">Times</th><th scope="col">State</th></tr></thead>
            <tbody>{relief.actions.map((action) => <Row key={action.action} action={action} />)}</tbody>
          </table>
        </Scroll>
      )}
      <Figures>
        {relief && <Figure name="Workers replaced" value={recycled.reduce((sum, [, times]) => sum + times, 0)} note={recycled.map(([reason, times]) => `${plain(reason)}: ${times}`).join(', ')} />}
        {relief && <Figure name="Runs given up" value={relief.preempted} note="for memory; they went back to the queue" />}
        {relief && <Figure name="Killed by the kernel" value={relief.kernel_kills} tone={relief.kernel_kills > 0 ? 'bad' : undefined} />}
        {cache && <Figure name="Result cache" value={cache.enabled ? sizeOf(cache.bytes, cache.budget_bytes) : 'off'} note={cache.enabled ? `${cache.entries} answers${cache.hit_rate === null ? '' : `, ${percent(cache.hit_rate)} of questions answered from it`}` : cache.off_because} />}
      </Figures>
    </Panel>
  );
}

function Row({ action }: { action: ReliefAction }) {
  const taken = action.relieved + action.nothing_to_do + action.failed + action.timed_out;
  const trouble = action.failed + action.timed_out;
  return (
    <tr>
      <th scope="row">{plain(action.action)}</th>
      <td className="number">{action.returned_bytes > 0 ? size(action.returned_bytes) : '–'}</td>
      <td className="number">{taken > 0 ? took(action.pause_ms) : '–'}</td>
      <td className="number">{taken}</td>
      <td>{action.futile ? 'rests: gave nothing lately' : trouble > 0 ? `${trouble} failed` : 'ready'}</td>
    </tr>
  );
}
