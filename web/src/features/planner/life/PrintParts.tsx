/** What every printed sheet carries: the ramp of its colours, scale bar, north, sources, and the block for signatures. */
import type { JSX } from 'preact'
import { layers } from '../../../api/data'
import type { LegendItem, PlanGrids } from '../../../api/types'
import { t } from '../../../i18n'
import { distance, number } from '../../../i18n/format'
import { classLabels } from '../../../ui/histogram'
import { Icon } from '../../../ui/Icon'
import { barOf, type Frame } from './paper'

const BAR_MM = 26
/** A bar shorter than this has no room for the words of its middle. */
const MIDDLE_MM = 18

export function Ramp({ data }: { data: PlanGrids }): JSX.Element {
  const items: LegendItem[] = (layers.data.value ?? []).find((layer) => layer.id === 'grids')?.legend.filter((item) => item.theme === 'deviation') ?? []
  const labels = classLabels(data.tolerance)
  return (
    <div class="print-legend" data-testid="print-legend">
      <p class="strong">{t('life.printRamp', { mean: number(data.mean_households, 1) })}</p>
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
