// node embed.mjs DIST OPENAPI OUTPUT
//
// Writes OUTPUT/assets.bin, every file of DIST and the API description as JSON, plain and gzipped, one after the
// other, and OUTPUT/embedded_assets.cpp, the table of what is where (src/gateway/assets.hpp).
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';

const [dist, openapi, output] = process.argv.slice(2);

const contentTypes = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Where each page is served. */
const pages = { '/index.html': '/', '/console.html': '/console' };

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ path: '/' + relative(dist, file).split(sep).join('/'), content: readFileSync(file) }))
  .map(({ path, content }) => ({ path: pages[path] ?? path, type: extname(path), content }));
files.push({ path: '/openapi.json', type: '.json', content: Buffer.from(JSON.stringify(parse(readFileSync(openapi, 'utf8')))) });
files.sort((a, b) => (a.path < b.path ? -1 : 1));

const pieces = [];
let size = 0;
function place(bytes) {
  const view = `{kBlob + ${size}, ${bytes.length}}`;
  pieces.push(bytes);
  size += bytes.length;
  return view;
}

const rows = files.map(({ path, type, content }) => {
  if (!contentTypes[type]) throw new Error(`no content type is known for ${path}`);
  const tag = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const zipped = gzipSync(content, { level: 9 });
  const gzip = zipped.length < content.length ? place(zipped) : '{}';
  const immutable = path.startsWith('/assets/');
  return `    Asset{"${path}", "${contentTypes[type]}", "W/\\"${tag}\\"", ${immutable}, ${place(content)}, ${gzip}},`;
});

const blob = join(output, 'assets.bin');
writeFileSync(blob, Buffer.concat(pieces));
writeFileSync(
  join(output, 'embedded_assets.cpp'),
  `// Written by console/embed.mjs.
#include <array>
#include <span>

#include "gateway/assets.hpp"

asm(R"(
  .pushsection .rodata
  .globl holdfast_asset_blob
holdfast_asset_blob:
  .incbin "${blob}"
  .popsection
)");

extern "C" const char holdfast_asset_blob[${size}];

namespace holdfast::gateway {
namespace {

constexpr const char* kBlob = holdfast_asset_blob;

constexpr std::array<Asset, ${rows.length}> kAssets{
${rows.join('\n')}
};

}  // namespace

extern const std::span<const Asset> embedded_assets;
constinit const std::span<const Asset> embedded_assets = kAssets;

}  // namespace holdfast::gateway
`,
);
