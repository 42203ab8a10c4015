import type { Operations } from '../model/operations.ts';
import type { Bands, WorkerMemory, WorkerPlace } from '../model/wire.ts';
import { plain, size } from '../model/words.ts';
import { Panel, Scroll } from '../view/panel.tsx';

const kBands = [
  ['live', 'live_bytes', 'in use by the program'],
  ['allocator', 'allocator_held_bytes', 'freed, kept by malloc'],
  ['runtime', 'runtime_held_bytes', 'kept by the language'],
  ['outside', 'outside_bytes', 'files, stacks, other maps'],
] as const;

export function WorkersPanel({ operations, onOpen }: { operations: Operations; onOpen: (id: string) => void }) {
  const { workers, supervisor } = operations.topics;
  if (!workers) return null;
  const readings = new Map(workers.memory.map((reading) => [reading.pid, reading]));
  const widest = Math.max(1, supervisor?.resident_bytes ?? 0, ...workers.memory.map(whole));
  return (
    <Panel id="workers" title="Workers" aside={<p className="counts"><b>{workers.ready} of {workers.places.length}</b> ready</p>}>
      <Scroll label="Each worker">
        <table className="workers">
          <thead>
            <tr><th scope="col">Place</th><th scope="col">State</th><th scope="col" className="wide">Memory by band</th><th scope="col" className="number">Held</th><th scope="col" className="number">Runs</th><th scope="col" className="number">Starts</th></tr>
          </thead>
          <tbody>
            {workers.places.map((place) => <Row key={place.index} place={place} reading={readings.get(place.pid)} widest={widest} onOpen={onOpen} />)}
            {supervisor && (
              <tr><th scope="row">server</th><td>itself</td><td><BandBar bands={supervisor} widest={widest} /></td><td className="number">{size(supervisor.resident_bytes)}</td><td className="number">–</td><td className="number">–</td></tr>
            )}
          </tbody>
        </table>
      </Scroll>
      <ul className="legend bands" aria-label="Bands">
        {kBands.map(([name, , meaning]) => <li key={name} className={name}><span aria-hidden="true" />{meaning}</li>)}
      </ul>
      {workers.last_failure && <p className="note">Last failure: {workers.last_failure}</p>}
    </Panel>
  );
}

function Row({ place, reading, widest, onOpen }: { place: WorkerPlace; reading: WorkerMemory | undefined; widest: number; onOpen: (id: string) => void }) {
  const state = place.retiring ? 'to be replaced' : plain(place.state);
  return (
    <tr>
      <th scope="row">{place.index}{place.pid > 0 && <small>process {place.pid}</small>}</th>
      <td>{place.run_id ? <button type="button" className="link" onClick={() => onOpen(place.run_id)}>{state}</button> : state}{reading?.runtime && reading.runtime !== 'none' && <small>{reading.runtime}, {reading.allocator}</small>}</td>
      <td>{reading ? <BandBar bands={reading} widest={widest} /> : '–'}</td>
      <td className="number">{reading ? <>{size(whole(reading))}{reading.floor_bytes !== null && <small>{size(reading.floor_bytes)} when idle</small>}</> : '–'}</td>
      <td className="number">{reading?.runs ?? '–'}</td>
      <td className="number">{place.starts}</td>
    </tr>
  );
}

/** Resident with mapped files: what the bands divide. */
function whole(worker: WorkerMemory): number {
  return worker.resident_bytes + worker.file_bytes;
}

function BandBar({ bands, widest }: { bands: Bands; widest: number }) {
  const parts = kBands.map(([name, key]) => ({ name, bytes: bands[key] })).filter((part) => part.bytes !== null && part.bytes > 0);
  if (parts.length === 0) return <>not measured</>;
  let x = 0;
  return (
    <div className="bands">
      <svg viewBox="0 0 300 12" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, bytes }) => {
          const width = (bytes! / widest) * 300;
          const from = x;
          x += width;
          return <rect key={name} className={name} x={from} y="0" width={Math.max(width, 0.5)} height="12" />;
        })}
      </svg>
      <small>{parts.map(({ name, bytes }) => `${name} ${size(bytes!)}`).join(', ')}</small>
    </div>
  );
}
