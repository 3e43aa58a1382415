// Leaflet and the fonts go beside the reports' code: a report is one file that opens with the network off
// (layers/folium_map.py, store/printing/pdf.py).
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

import { unpackFont } from './unpack-font.mjs'

const module = (name) => new URL(`node_modules/${name}`, import.meta.url)

const leaflet = new URL('../layers/assets/leaflet/', import.meta.url)
mkdirSync(leaflet, { recursive: true })
for (const name of ['dist/leaflet.js', 'dist/leaflet.css', 'LICENSE']) {
  copyFileSync(module(`leaflet/${name}`), new URL(name.replace('dist/', ''), leaflet))
}

const fonts = new URL('../layers/assets/fonts/', import.meta.url)
mkdirSync(fonts, { recursive: true })
for (const [family, subset, weights] of [
  ['inter', 'latin', { regular: 400, bold: 600 }],
  ['inter', 'latin-ext', { regular: 400, bold: 600 }],
  ['noto-sans-sc', 'chinese-simplified', { regular: 400, bold: 700 }],
]) {
  for (const [name, weight] of Object.entries(weights)) {
    const source = module(`@fontsource/${family}/files/${family}-${subset}-${weight}-normal.woff`)
    unpackFont(source, new URL(`${family}-${subset}-${name}.ttf`, fonts))
  }
  copyFileSync(module(`@fontsource/${family}/LICENSE`), new URL(`${family}-LICENSE`, fonts))
}

// Letters that the usual Chinese subset lacks come in slices, of which a page takes those that it needs.
const slices = new URL('slices/', fonts)
mkdirSync(slices, { recursive: true })
const ranges = JSON.parse(readFileSync(module('@fontsource/noto-sans-sc/unicode.json'), 'utf8'))
const listed = {}
for (const [subset, range] of Object.entries(ranges)) {
  const name = subset.replace(/[[\]]/g, '')
  const source = module(`@fontsource/noto-sans-sc/files/noto-sans-sc-${name}-400-normal.woff`)
  if (name.startsWith('latin') || !existsSync(source)) continue
  unpackFont(source, new URL(`noto-sans-sc-${name}.ttf`, slices))
  listed[`noto-sans-sc-${name}`] = range
}
writeFileSync(new URL('slices.json', slices), JSON.stringify(listed))
