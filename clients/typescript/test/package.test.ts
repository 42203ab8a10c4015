// What is published: small, whole, and current. `npm run build` comes first.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { transform } from '../build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (program: string, ...flags: string[]) => execFileSync(`${root}node_modules/.bin/${program}`, flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' });

/** As Vite puts it into a page: everything that the entry exports, in one piece, minified by oxc. */
async function compressedSize(entry: string): Promise<number> {
  const bundle = await rolldown({ cwd: root, input: `src/${entry}.ts`, transform, external: ['react'] });
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false });
  expect(output).toHaveLength(1);
  return gzipSync(output[0].code, { level: 9 }).length;
}

describe('the package', () => {
  it.each([
    ['index', 6_000],
    ['react/index', 1_000],
    ['compat', 700],
  ])('%s is at most %i bytes', async (entry, most) => {
    expect(await compressedSize(entry)).toBeLessThanOrEqual(most);
  });

  it('depends on nothing', () => {
    const { dependencies, peerDependenciesMeta } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<string, object>;
    expect(dependencies).toBeUndefined();
    expect(peerDependenciesMeta).toEqual({ react: { optional: true } });
  });

  it('passes publint', () => {
    expect(run('publint', '--strict')).toMatch(/All good/);
  });

  it('has types that are right for everybody (arethetypeswrong)', () => {
    const { analysis } = JSON.parse(run('attw', '--pack', '.', '--format', 'json')) as { analysis: { problems?: object[] } };
    expect(analysis.problems ?? []).toEqual([]);
  });

  it('has the types of docs/openapi.yaml as it is now: npm run generate writes them', () => {
    const current = execFileSync(process.execPath, ['generate_types.mjs', '--print'], { cwd: root, encoding: 'utf8' });
    expect(readFileSync(`${root}src/generated/openapi.ts`, 'utf8')).toBe(current);
  });

  it('is loaded by import and by require, also in Node without a page', async () => {
    const require = createRequire(import.meta.url);
    const entries = ['@holdfast/client', '@holdfast/client/compat', '@holdfast/client/react'];
    for (const entry of entries) {
      const names = Object.keys(require(entry) as object).sort();
      const asModule = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`], { cwd: root, encoding: 'utf8' })) as string[];
      expect(asModule).toEqual(names);
      expect(names.length).toBeGreaterThan(0);
    }
  });
});
