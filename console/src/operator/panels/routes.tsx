import type { Operations } from '../model/operations.ts';
import type { EndedRun, RouteMemory } from '../model/wire.ts';
import { duration, size } from '../model/words.ts';
import { Panel, Scroll } from '../view/panel.tsx';

const kTarget = 50 * 1024 * 1024;
const kVerdicts: Record<RouteMemory['verdict'], string> = {
  unknown: 'not known yet',
  load: 'load: falls with fewer runs',
  retention: 'kept once, does not grow',
  leak: 'leak',
};

/** What each analysis leaves behind in its worker, and whether that is a leak. */
export function RoutesPanel({ operations, onOpen }: { operations: Operations; onOpen: (id: string) => void }) {
  const { routes = [], ended = [] } = operations.topics;
  const measured = ended.filter((run) => run.retained_bytes !== null && !run.shared).slice(0, 60).reverse();
  return (
    <Panel id="retained" title="Memory kept per analysis">
      {routes.length === 0 ? <p className="nothing">No analysis was measured yet.</p> : (
        <Scroll label="Routes">
          <table>
            <thead>
              <tr><th scope="col">Route</th><th scope="col">Verdict</th><th scope="col" className="number">Kept, mean</th><th scope="col" className="number">Kept, last</th><th scope="col" className="number">Next may take</th><th scope="col" className="number">Runs</th></tr>
            </thead>
            <tbody>
              {routes.map((route) => (
                <tr key={route.route}>
                  <th scope="row">{route.route}</th>
                  <td className={route.verdict === 'leak' ? 'warn' : ''}>{kVerdicts[route.verdict]}{route.slope_bytes_per_run !== null && <small>{size(route.slope_bytes_per_run)} a run{route.seconds_to_limit !== null && `, limit in ${duration(route.seconds_to_limit)}`}</small>}</td>
                  <td className={`number ${route.runs > 0 && route.total_growth_bytes / route.runs > kTarget ? 'warn' : ''}`}>{route.runs > 0 ? size(route.total_growth_bytes / route.runs) : '–'}</td>
                  <td className="number">{size(route.last_growth_bytes)}</td>
                  <td className="number">{size(route.predicted_bytes)}</td>
                  <td className="number">{route.runs.toLocaleString('en')}{route.suspicious_runs > 0 && <small>{route.suspicious_runs} kept over 50 MB</small>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {measured.length > 1 && <Columns runs={measured} onOpen={onOpen} />}
    </Panel>
  );
}

/** One column a run, oldest left, against the 50 MB that count as suspicious. */
function Columns({ runs, onOpen }: { runs: EndedRun[]; onOpen: (id: string) => void }) {
  const top = Math.max(kTarget * 1.2, ...runs.map((run) => run.retained_bytes!));
  const width = 600;
  const height = 72;
  const step = width / 60;
  const y = (bytes: number) => height - (Math.max(0, bytes) / top) * height;
  const over = runs.filter((run) => run.retained_bytes! > kTarget).length;
  return (
    <figure className="columns">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`Memory kept by the latest ${runs.length} runs: ${over} kept more than 50 MB; the last kept ${size(runs.at(-1)!.retained_bytes!)}.`}>
        {runs.map((run, i) => (
          <rect key={run.run_id} className={run.retained_bytes! > kTarget ? 'over' : ''} x={i * step + 1} width={step - 2} y={Math.min(y(run.retained_bytes!), height - 1.5)} height={Math.max(height - y(run.retained_bytes!), 1.5)} onClick={() => onOpen(run.run_id)}>
            <title>{`${run.title}: kept ${size(run.retained_bytes!)}`}</title>
          </rect>
        ))}
        <line x1="0" x2={width} y1={y(kTarget)} y2={y(kTarget)} />
      </svg>
      <figcaption>Kept by each of the latest {runs.length} runs, oldest left. The line is 50 MB; more is suspicious.</figcaption>
    </figure>
  );
}
