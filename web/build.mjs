// Makes the web pages what the binary holds: bundles web/src with esbuild, compresses, and writes a
// C++ file that takes the results in. `node web/build.mjs DIR` puts all of it into DIR; the build
// calls it (CMakeLists.txt). A second or two.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? 'build/web');

/** A page: where it is served, its HTML, and the module that it starts with. */
const pages = [
  { path: '/', html: 'src/chat/index.html', entry: 'src/chat/main.tsx', name: 'chat' },
  { path: '/status', html: 'src/status/index.html', entry: 'src/status/main.tsx', name: 'status' },
];

const types = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' };

const esbuild = await import('esbuild').catch(() => {
  console.error('web/node_modules has no esbuild: `./dev build` fetches it, and so does `npm ci` in '
    + 'web/. Either needs the npm registry.');
  process.exit(1);
});

const bundle = await esbuild.build({
  absWorkingDir: here,
  entryPoints: Object.fromEntries(pages.map((page) => [page.name, page.entry])),
  outdir: path.join(out, 'assets'),
  bundle: true,
  splitting: true, // what several pages use is there once
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  entryNames: '[name]-[hash]',
  chunkNames: 'shared-[hash]',
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
});

const files = [];

function add(url, type, content) {
  const bytes = Buffer.from(content);
  const name = String(files.length);
  files.push({
    url, type, name,
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 20),
    forms: {
      plain: bytes,
      gzip: gzipSync(bytes, { level: 9 }),
      brotli: brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    },
  });
}

/** Output files of the bundle by the entry they belong to. */
function outputsOf(entry) {
  const outputs = Object.entries(bundle.metafile.outputs);
  const [script, about] = outputs.find(([, one]) => one.entryPoint === entry);
  // Relative, as all addresses of the pages: a proxy may show them under a path of its own.
  const url = (name) => `assets/${path.basename(name)}`;
  return {
    script: url(script),
    style: about.cssBundle && url(about.cssBundle),
    imports: about.imports.map((one) => url(one.path)),
  };
}

for (const page of pages) {
  const { script, style, imports } = outputsOf(page.entry);
  const head = [
    style && `<link rel="stylesheet" href="${style}">`,
    ...imports.map((url) => `<link rel="modulepreload" href="${url}">`),
    `<script type="module" src="${script}"></script>`,
  ];
  const html = readFileSync(path.join(here, page.html), 'utf8')
    .replace(/^\s*<!--.*?-->\n/gms, '') // notes for those who read the source
    .replace('%bundle%', head.filter(Boolean).join('\n    '));
  add(page.path, 'text/html; charset=utf-8', html);
}
for (const file of bundle.outputFiles) {
  const name = path.basename(file.path);
  add(`/assets/${name}`, types[path.extname(name)], file.contents);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const forms = ['plain', 'gzip', 'brotli'];
for (const file of files)
  for (const form of forms) writeFileSync(path.join(out, `${file.name}.${form}`), file.forms[form]);

const symbol = (file, form) => `page_${file.name}_${form}`;
const embed = (file, form) => `EMBED(${symbol(file, form)}, "${out}/${file.name}.${form}")`;
const view = (file, form) => `{${symbol(file, form)}, ${file.forms[form].length}}`;
writeFileSync(path.join(out, 'page_files.cpp'), `// Written by web/build.mjs.
#include "net/page_files.hpp"

#define EMBED(name, file)                                                                \\
  extern "C" __attribute__((visibility("hidden"))) const char name[];                    \\
  asm(".pushsection .rodata\\n.global " #name "\\n.hidden " #name "\\n" #name ":\\n.incbin \\"" file \\
      "\\"\\n.byte 0\\n.popsection\\n");

${files.flatMap((file) => forms.map((form) => embed(file, form))).join('\n')}

namespace chat {

std::span<const page_file> page_files() {
  static const page_file files[] = {
${files.map((file) => `      {"${file.url}", "${file.type}", "${file.hash}",
       ${forms.map((form) => view(file, form)).join(', ')}},`).join('\n')}
  };
  return files;
}

}  // namespace chat
`);

const kib = (form) => files.reduce((sum, file) => sum + file.forms[form].length, 0) / 1024;
const sizes = forms.map((form) => `${kib(form).toFixed(1)} KiB ${form}`).join(', ');
console.log(`web pages: ${files.length} files, ${sizes}`);
