// The page's own modules, as the browser gets them, in Node.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const esbuild = createRequire(`${web}package.json`)('esbuild');

/** What these modules of web/src export, together. */
export async function load(...names) {
  const { outputFiles: [file] } = await esbuild.build({
    stdin: {
      contents: names.map((name) => `export * from './src/${name}';`).join('\n'),
      resolveDir: web,
    },
    bundle: true, format: 'esm', platform: 'neutral', write: false, logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`);
}
