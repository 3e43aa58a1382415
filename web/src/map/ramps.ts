/** Ramps of the catalogue as CSS variables: tables and legends show the colours that the map draws. */
import { effect } from '@preact/signals'
import { layers } from '../api/data'
import { store } from './store'

/** Keeps `--dev-0` … `--dev-6` and `--cov` in step with the catalogue and the theme. */
export function startRamps(): () => void {
  return effect(() => {
    const dark = store.theme.value === 'dark'
    const all = layers.data.value ?? []
    const root = document.documentElement.style
    const of = (id: string, theme: string) => all.find((layer) => layer.id === id)?.legend.filter((item) => item.theme === theme) ?? []
    of('grids', 'deviation').forEach((item, k) => root.setProperty(`--dev-${k}`, dark ? item.dark : item.light))
    const seen = of('view_sheds', 'coverage')[1]
    if (seen) root.setProperty('--cov', dark ? seen.dark : seen.light)
  })
}
