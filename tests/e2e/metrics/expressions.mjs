// What the dashboard and the rules ask, and the catalogue they are held to.
import { readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);

export function pathOf(path) {
  return new URL(path, root).pathname;
}

export function textOf(path) {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The metrics of docs/reference/metrics.md: name to its labels, each with the values it can have, if they are listed. */
export const catalogue = new Map();
for (const [, name, labels] of textOf('docs/reference/metrics.md').matchAll(/^\| `(holdfast_\w+)` \| \w+ \| [^|]* \| ([^|]*) \|/gm)) {
  const known = [...labels.matchAll(/`(\w+)` \(([^)]*)\)/g)].map(([, label, values]) => [label, valuesOf(values)]);
  catalogue.set(name, new Map(known));
}

// "some: at least one process waited; full: all did", "idle, in_use", or words for people.
function valuesOf(text) {
  const values = text.includes(': ') ? text.split('; ').map((part) => part.split(':')[0]) : text.split(', ');
  return values.every((value) => /^\w+$/.test(value)) ? values : undefined;
}

/** Every expression of the dashboard, with what Grafana would put in place of its variables. */
export function dashboardExpressions() {
  const dashboard = JSON.parse(textOf('deploy/grafana/holdfast.json'));
  const raw = [
    ...dashboard.panels.flatMap((panel) => (panel.targets ?? []).map((target) => [panel.title, target.expr])),
    ...dashboard.annotations.list.map((annotation) => [annotation.name, annotation.expr]),
  ];
  return raw.map(([where, expression]) => {
    const filled = expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(job|instance)\b/g, '.*');
    return { where: `dashboard, ${where}`, expression: filled };
  });
}

/** Names of metrics in an expression: ours, and those that a rule records. */
export function namesIn(expression) {
  const bare = expression.replaceAll(/"[^"]*"|'[^']*'/g, '""');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].map(([name]) => name).filter((name) => name.startsWith('holdfast_') || name.includes(':'));
}

/** Labels and values in selectors of our metrics that the catalogue does not have. */
export function foreignLabelsIn(expression) {
  const foreign = [];
  for (const [, name, selector] of expression.matchAll(/(holdfast_\w+)\{([^}]*)\}/g)) {
    for (const [, label, operator, text] of selector.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)) {
      if (['job', 'instance'].includes(label)) continue;
      const labels = catalogue.get(name);
      const values = operator.endsWith('~') ? text.split('|') : [text];
      if (!labels?.has(label)) foreign.push(`${name}{${label}}`);
      else foreign.push(...values.filter((value) => labels.get(label)?.includes(value) === false).map((value) => `${name}{${label}="${value}"}`));
    }
  }
  return foreign;
}
