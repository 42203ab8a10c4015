// node build.mjs: dist/, as it is published. ES modules and CommonJS by rolldown, the types of both by tsc.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('.', import.meta.url));
export const entries = ['index', 'compat', 'react/index'];
/** Also of the test that measures the size. */
export const transform = {
  target: 'es2022',
  assumptions: { setPublicClassFields: true },
  typescript: { removeClassFieldsWithoutInitializer: true },
};

async function writeScripts(format, extension) {
  await build({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    external: ['react', 'react/jsx-runtime'],
    transform,
    output: { dir: 'dist', format, entryFileNames: `[name].${extension}`, chunkFileNames: `chunk_[hash].${extension}`, sourcemap: true },
    logLevel: 'warn',
  });
}

/** tsc names the modules as the sources do; readers of types look for what is in dist/. */
function writeTypes() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', 'src', '--outDir', 'dist/types'];
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...flags], { cwd: root, stdio: 'inherit' });
  const types = join(root, 'dist/types');
  for (const name of readdirSync(types, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const text = readFileSync(join(types, name), 'utf8');
    const naming = (extension) => text.replace(/(['"])(\.{1,2}\/[^'"]+)\.tsx?\1/g, `$1$2.${extension}$1`);
    writeFileSync(join(types, name), naming('js'));
    writeFileSync(join(types, name.replace(/\.d\.ts$/, '.d.cts')), naming('cjs'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await writeScripts('esm', 'js');
  await writeScripts('cjs', 'cjs');
  writeTypes();
}
