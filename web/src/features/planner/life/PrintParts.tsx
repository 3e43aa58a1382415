/** What every printed sheet carries: the ramp of its colours, scale bar, north, sources, and the block for signatures. */
import type { JSX } from 'preact'
import { layers, territory } from '../../../api/data'
import type { Grid, LegendItem, PlanGrids } from '../../../api/types'
import { t } from '../../../i18n'
import { distance, moment, number } from '../../../i18n/format'
import { classLabels } from '../../../ui/histogram'
import { Icon } from '../../../ui/Icon'
import { barOf, type Frame } from './paper'
import { villagesOf } from './villages'

const BAR_MM = 26
/** A bar shorter than this has no room for the words of its middle. */
const MIDDLE_MM = 18

/** The colours of a sheet; each grid is measured against the mean of its own village, so that of several has no one figure. */
export function Ramp({ data, grids = data.grids }: { data: PlanGrids; grids?: readonly Grid[] }): JSX.Element {
  const villages = villagesOf(grids)
  const mean = grids.reduce((all, grid) => all + grid.households, 0) / Math.max(1, grids.length)
  const items: LegendItem[] = (layers.data.value ?? []).find((layer) => layer.id === 'grids')?.legend.filter((item) => item.theme === 'deviation') ?? []
  const labels = classLabels(data.tolerance)
  return (
    <div class="print-legend" data-testid="print-legend">
      <p class="strong">{villages.length > 1 ? t('life.printRampVillages') : t('life.printRamp', { mean: number(mean, 1) })}</p>
      <ol>
        {items.map((item, k) => (
          <li key={item.label.en}>
            <span class={`print-swatch dev-${k}`} style={{ [`--dev-${k}`]: item.light }} />
            <span>{labels[k]}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function ScaleBar({ scale }: { scale: number }): JSX.Element {
  const { metres, mm } = barOf(scale, BAR_MM)
  return (
    <div class="print-scale" role="img" aria-label={`${t('map.scale')} ${distance(metres)}`}>
      <span class="print-ticks" style={{ width: `${mm}mm` }}>
        <span>0</span>
        {mm >= MIDDLE_MM && <span>{number(metres / 2)}</span>}
        <span>{distance(metres)}</span>
      </span>
      <span class="print-bar" style={{ width: `${mm}mm` }} />
    </div>
  )
}

/** The map of a sheet with scale bar and north arrow; empty while it is drawn. */
export function MapFrame(props: { frame: Frame; image: string | null; scale: number; name: string }): JSX.Element {
  return (
    <div class="print-frame" style={{ width: `${props.frame.width}mm`, height: `${props.frame.height}mm` }}>
      {props.image && <img src={props.image} alt={t('map.label', { name: props.name })} data-testid="print-map" />}
      {props.image && <ScaleBar scale={props.scale} />}
      <span class="print-north" role="img" aria-label={t('map.north')}>
        <Icon name="north" />N
      </span>
    </div>
  )
}

interface Head {
  title: string
  /** What stands under the title; empty words are left out. */
  words: (string | false | null | undefined)[]
  at: number
  of: number
  scale?: number | undefined
}

/** The head of a sheet: what it shows, which of how many it is, when it was made, and its scale. */
export function SheetHead({ title, words, at, of, scale }: Head): JSX.Element {
  const made = t('life.printedAt', { at: moment(new Date().toISOString(), new Date(0)) })
  return (
    <header>
      <div>
        <h2>{title}</h2>
        <p>{words.filter(Boolean).join(' · ')}</p>
      </div>
      <div class="right">
        <p>
          Gridward · {of > 1 && `${t('life.sheetOf', { at: number(at), of: number(of) })} · `}
          {made}
        </p>
        <p>{[territory.value && `EPSG:${territory.value.metric_srid}`, scale && `1 : ${number(scale)}`].filter(Boolean).join(' · ')}</p>
      </div>
    </header>
  )
}

function Cell({ words, who }: { words: string; who?: string | null }): JSX.Element {
  return (
    <td>
      <span>{words}</span>
      <span class="strong">{who ?? ''}</span>
    </td>
  )
}

/** Who drew and approved the plan, on the sheet of a grid also who hands it over to whom, and room for a seal. */
export function Seal({ data, handing = false }: { data: PlanGrids; handing?: boolean }): JSX.Element {
  const { plan } = data
  return (
    <table class="print-seal">
      <tbody>
        <tr>
          <Cell words={t('life.drawnBy')} who={plan.author} />
          <Cell words={t('life.approvedOn')} who={plan.approver} />
          <td class="seal" rowSpan={handing ? 2 : 1}>
            <span>{t('life.seal')}</span>
          </td>
        </tr>
        {handing && (
          <tr>
            <Cell words={t('life.handedOver')} />
            <Cell words={t('life.takenOver')} />
          </tr>
        )}
      </tbody>
    </table>
  )
}
