import { useState } from 'react';
import type { Operations } from '../model/operations.ts';
import { Panel, Scroll } from '../view/panel.tsx';

/** The settings in force, as `holdfast config` shows them. */
export function SettingsPanel({ operations }: { operations: Operations }) {
  const [wanted, setWanted] = useState('');
  const { settings } = operations;
  const changed = settings.filter((setting) => setting.origin !== 'default').length;
  const shown = settings.filter((setting) => `${setting.key} ${setting.environment}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Panel id="settings" title="Settings in force" aside={<p className="counts"><b>{changed} of {settings.length}</b> set</p>}>
      <details>
        <summary>Show them</summary>
        <label className="find">Find <input type="search" value={wanted} onChange={(event) => setWanted(event.target.value)} /></label>
        <Scroll label="Settings">
          <table>
            <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
            <tbody>
              {shown.map((setting) => (
                <tr key={setting.key} className={setting.origin === 'default' ? '' : 'set'}>
                  <th scope="row">{setting.key}<small className="wrap">{setting.help}</small></th>
                  <td className="value">{setting.value || <span className="none">empty</span>}</td>
                  <td>{setting.origin}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </Panel>
  );
}
