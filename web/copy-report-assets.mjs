// Leaflet goes beside the report's code: a report is one file that opens with the network off (layers/folium_map.py).
import { copyFileSync, mkdirSync } from 'node:fs'

const target = new URL('../layers/assets/leaflet/', import.meta.url)
mkdirSync(target, { recursive: true })
for (const name of ['dist/leaflet.js', 'dist/leaflet.css', 'LICENSE']) {
  copyFileSync(new URL(`node_modules/leaflet/${name}`, import.meta.url), new URL(name.replace('dist/', ''), target))
}
