// docs/openapi.yaml as something responses can be held against.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export const description = parse(readFileSync(new URL('../../../docs/openapi.yaml', import.meta.url), 'utf8'));

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(description, 'openapi');

/** A response as the description knows it: "GET /v1/runs 200 application/json"; "-" stands for no body. */
export function keyOf(method, path, status, mediaType) {
  return `${method} ${path} ${status} ${mediaType}`;
}

const documented = new Map();
for (const [path, item] of Object.entries(description.paths)) {
  for (const method of ['get', 'post', 'put', 'delete']) {
    for (const status of Object.keys(item[method]?.responses ?? {})) {
      const place = ['paths', path, method, 'responses', status];
      const response = follow(at(place));
      const types = Object.keys(response.value.content ?? {});
      for (const type of types.length > 0 ? types : ['-']) {
        documented.set(keyOf(method.toUpperCase(), path, status, type), response);
      }
    }
  }
}

export function documentedResponses() {
  return [...documented.keys()];
}

/** What is wrong with a response: not documented, a header missing, a body of another shape. Empty when nothing is. */
export function faultsOf(method, path, { status, headers, body }) {
  const type = headers['content-type']?.split(';')[0] ?? '-';
  const key = keyOf(method, path, status, type);
  const response = documented.get(key);
  if (!response) return [`${key} is not documented; the body was ${body.slice(0, 300)}`];
  const faults = [];
  for (const [name, reference] of Object.entries(response.value.headers ?? {})) {
    const header = follow({ place: [...response.place, 'headers', name], value: reference });
    const sent = headers[name.toLowerCase()];
    if (sent === undefined) {
      if (header.value.required) faults.push(`${key}: there is no ${name}`);
      continue;
    }
    const value = header.value.schema.type === 'integer' ? Number(sent) : sent;
    faults.push(...errorsOf([...header.place, 'schema'], value, `${key}: ${name}`));
  }
  if (type !== '-') {
    const value = type.endsWith('json') ? JSON.parse(body) : body;
    faults.push(...errorsOf([...response.place, 'content', type, 'schema'], value, key));
  }
  return faults;
}

/** What is wrong with a value that should be of a named schema. */
export function faultsOfValue(name, value) {
  return errorsOf(['components', 'schemas', name], value, name);
}

function errorsOf(place, value, what) {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const validate = ajv.compile({ $ref: `openapi#/${pointer}` });
  if (validate(value)) return [];
  return validate.errors.map((error) => `${what}${error.instancePath} ${error.message}: ${JSON.stringify(value).slice(0, 300)}`);
}

function at(place) {
  return { place, value: place.reduce((value, part) => value[part], description) };
}

/** Where a reference leads, with its place in the description. */
function follow({ place, value }) {
  return value.$ref ? follow(at(value.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')))) : { place, value };
}
