// Tells the service worker which files make the phone page, and which version of it they are: both are known only
// after the build. A new version has another name for its store, so nothing of an old one is ever mixed in.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const PAGES = ['index.html', 'src/features/phone/start.tsx']
const LETTERS = /inter-latin-\d+-normal/ // a phone has its own Chinese letters, see styles/phone.css

/** A part of the page with everything that it imports at once; what it fetches later (the map) stays out. */
function partsOf(manifest, name, seen = new Set()) {
  const chunk = manifest[name]
  if (!chunk || seen.has(name)) return []
  seen.add(name)
  const letters = (chunk.assets ?? []).filter((asset) => LETTERS.test(asset))
  return [chunk.file, ...(chunk.css ?? []), ...letters, ...(chunk.imports ?? []).flatMap((each) => partsOf(manifest, each, seen))]
}

function fill() {
  const built = new URL('../api/static/', import.meta.url)
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', built), 'utf8'))
  for (const page of PAGES) if (!manifest[page]) throw new Error(`${page} is not in the build`)
  const files = [...new Set(PAGES.flatMap((page) => partsOf(manifest, page)))].map((file) => `/${file}`).concat('/favicon.svg').sort()
  const digest = createHash('sha256').update(readFileSync(new URL('index.html', built)))
  for (const file of files) digest.update(file)
  const worker = new URL('sw.js', built)
  const text = readFileSync(worker, 'utf8')
  const filled = text.replace(/\b__VERSION__\b/g, JSON.stringify(digest.digest('hex').slice(0, 16))).replace(/\b__FILES__\b/g, JSON.stringify(files))
  if (filled === text || /\b__(VERSION|FILES)__\b|^import\b|\bexport\b/m.test(filled)) throw new Error('sw.js is not what fill-worker.mjs expects')
  writeFileSync(worker, filled)
}

/** Part of the build: no build leaves a worker behind that does not know its files. */
export const fillWorker = () => ({ name: 'gridward-fill-worker', apply: 'build', closeBundle: fill })
