import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { layers, planGrids } from '../api/data'
import type { LayerInfo, LegendItem, PlanGrids } from '../api/types'
import { lang, t, type Key } from '../i18n'
import { number } from '../i18n/format'
import { classLabels } from '../ui/histogram'
import { deskMarks, drawn, standIn, type DrawnThings } from './drawn'
import { colours } from './engine'
import { imageAddress } from './images'
import { mapTheme, store } from './store'

const folded = signal(matchMedia('(max-width: 1100px)').matches)

/** A mark of the map as it is drawn there. */
export function Swatch({ item }: { item: LegendItem }): JSX.Element {
  const colour = store.theme.value === 'dark' ? item.dark : item.light
  if (item.swatch === 'icon' && item.image && colours.value) {
    const address = imageAddress(item.image, colours.value)
    if (address) return <img class="mark" src={address} alt="" />
  }
  const kind = item.image === 'gw-hatch-gap' ? 'gap' : item.image === 'gw-hatch-under' ? 'under' : item.image === 'gw-hatch-over' ? 'over' : ''
  return <span class={`swatch ${item.swatch} ${kind}`} style={{ '--swatch': colour }} />
}

/** Entries of a layer that stand for something on the map now. */
function shownOf(layer: LayerInfo, here: DrawnThings): LegendItem[] {
  if (!here.layers[layer.id]) return []
  return layer.legend.filter((item) => {
    if (item.theme && item.theme !== mapTheme.value) return false
    if (item.swatch === 'icon' || item.image === 'gw-hatch-gap') return item.image !== null && here.images.has(item.image)
    if (layer.id === 'view_sheds' && !item.theme) return here.images.has('unknown-shed')
    if (layer.id === 'grids' && !item.theme) return mapTheme.value === 'plain'
    return true
  })
}

/** A grid is measured against the mean of its own village: several have no one mean. */
const severalVillages = (data: PlanGrids): boolean => data.grids.some((grid) => grid.area_code !== data.grids[0]?.area_code)

function Deviation({ items }: { items: LegendItem[] }): JSX.Element {
  const data = planGrids.data.value
  const labels = classLabels(data?.tolerance ?? 0.1)
  return (
    <div class="ramp">
      <div class="row small">
        <span class="strong">{t('legend.deviation')}</span>
        {data && (
          <span class="muted">
            {data.plan.kind === 'water'
              ? t('water.legendNote', { target: number(Number(data.plan.spec.target)), band: number(data.tolerance * 100) })
              : t(severalVillages(data) ? 'life.noteVillages' : 'legend.deviationNote', { mean: number(data.mean_households), band: number(data.tolerance * 100) })}
          </span>
        )}
      </div>
      <ol class="row">
        {items.map((item, k) => (
          <li key={item.label.en}>
            <Swatch item={item} />
            <span class="foot">{labels[k]}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** What the marks on the map mean: only of what is drawn; the ground explains itself. */
export function Legend(): JSX.Element | null {
  const [own, other] = [drawn.value, standIn.value]
  const here = { layers: { ...own.layers, ...other.layers }, images: new Set([...own.images, ...other.images]) }
  const shown = (layers.data.value ?? [])
    .filter((layer) => layer.group !== 'base')
    .map((layer) => ({ layer, items: shownOf(layer, here) }))
    .filter(({ items }) => items.length > 0)
  if (shown.length === 0 && deskMarks.value.length === 0) return null
  const ramp = shown.find(({ layer }) => layer.id === 'grids')?.items.filter((item) => item.theme) ?? []
  const rest = shown.flatMap(({ layer, items }) => items.filter((item) => !(layer.id === 'grids' && item.theme)))
  const seenBy = rest.some((item) => item.theme === 'coverage')
  return (
    <div class={`legend card ${folded.value ? 'folded' : ''}`}>
      <button
        type="button"
        class="fold small strong"
        aria-expanded={!folded.value}
        onClick={() => (folded.value = !folded.value)}
      >
        {t('map.legend')}
      </button>
      <div class="legend-body">
        {ramp.length > 0 && <Deviation items={ramp} />}
        {rest.length + deskMarks.value.length > 0 && (
          <ul class="row wrap">
            {seenBy && <li class="strong">{t('legend.seenBy')}</li>}
            {rest.map((item) => (
              <li key={`${item.label.en} ${item.image}`}>
                <Swatch item={item} />
                {item.label[lang.value]}
              </li>
            ))}
            {deskMarks.value.map(({ words, colour }) => (
              <li key={words}>
                <span class="swatch fill" style={{ '--swatch': `var(${colour})` }} />
                {t(words as Key)}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}
