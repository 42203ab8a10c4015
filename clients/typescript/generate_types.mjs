// node generate_types.mjs [--print]
//
// Writes src/generated/openapi.ts, the bodies that docs/openapi.yaml describes; with --print to standard output instead.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const target = new URL('src/generated/openapi.ts', import.meta.url);

const { openapi: version, info, components } = parse(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
const bodies = { openapi: version, info, paths: {}, components: { schemas: components.schemas } };
const text = '// Written by generate_types.mjs from docs/openapi.yaml.\n\n' + astToString(await openapi(JSON.stringify(bodies)));
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(target, text);
