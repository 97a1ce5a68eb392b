// Makes the viewer of report.html: `npm ci && node bundle.mjs`, in this folder.
// Writes niivue.min.js, niivue.json (version, licence, checksum) and LICENCES.txt into the package.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const vendor = (name) => here(`../../calciseg/outputs/html_report/vendor/${name}`)

const made = await build({
  absWorkingDir: here('.'),
  entryPoints: ['entry.js'],
  bundle: true,
  minify: true,
  charset: 'ascii',
  format: 'iife',
  globalName: 'niivue',
  target: 'es2022',
  legalComments: 'none',
  alias: { zarrita: './no_zarr.js' },
  metafile: true,
  write: false,
})
const script = made.outputFiles[0].contents
writeFileSync(vendor('niivue.min.js'), script)

const inBundle = Object.keys(made.metafile.inputs)
  .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  .filter((name) => name !== undefined)
const parts = [...new Set(inBundle)].sort().map((name) => {
  const folder = `node_modules/${name}`
  const { version, license } = JSON.parse(readFileSync(here(`${folder}/package.json`), 'utf8'))
  const own = readdirSync(here(folder)).find((file) => /^licen[cs]e/i.test(file))
  // NiiVue's package ships no copy of its licence: the text is that of its repository.
  const file = own === undefined ? `licences/${name.replaceAll('/', '+')}.txt` : `${folder}/${own}`
  return { name, version, licence: license, text: readFileSync(here(file), 'utf8').trim() }
})
const main = parts.find((part) => part.name === '@niivue/niivue')
writeFileSync(
  vendor('niivue.json'),
  JSON.stringify(
    {
      name: main.name,
      version: main.version,
      licence: main.licence,
      sha256: createHash('sha256').update(script).digest('hex'),
      contains: Object.fromEntries(parts.map((part) => [part.name, `${part.version} (${part.licence})`])),
    },
    null,
    2,
  ) + '\n',
)
writeFileSync(
  vendor('LICENCES.txt'),
  parts.map((part) => `${part.name} ${part.version}, ${part.licence}\n\n${part.text}\n`).join('\n' + '-'.repeat(78) + '\n\n'),
)
