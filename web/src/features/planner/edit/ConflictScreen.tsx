import type { JSX } from 'preact'
import { planGrids } from '../../../api/data'
import { t } from '../../../i18n'
import { number, signed } from '../../../i18n/format'
import { Dialog } from '../../../ui/Dialog'
import { deviationClass } from '../../../ui/histogram'
import { Icon } from '../../../ui/Icon'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { gridsOf, drawnOf } from './commands'
import type { LonLat } from './plane'
import { boxOf } from './plane'
import { keepForLater, putOnTop, useTheirs } from './send'
import { meeting, scene, type EditedGrid, type Meeting } from './state'
import { nameOf, numberOf } from './words'

type Shapes = Record<string, LonLat[][]>
interface Row {
  id: string
  households: number
  deviation: number | null
}

const MAP = { width: 280, height: 188 }
const shapesOf = (grids: readonly EditedGrid[]): Shapes => Object.fromEntries(grids.map((grid) => [grid.id, (grid.geometry.coordinates as unknown as LonLat[][][]).flat()]))

/** Pixels of a small map on which all versions look at the same place. */
function frame(points: LonLat[]): (at: LonLat) => string {
  const [west, south, east, north] = boxOf(points)
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const scale = Math.min((MAP.width - 16) / ((east - west) * shrink || 1), (MAP.height - 16) / (north - south || 1))
  const [x0, y0] = [(MAP.width - (east - west) * shrink * scale) / 2, (MAP.height - (north - south) * scale) / 2]
  return ([lon, lat]) => `${(x0 + (lon - west) * shrink * scale).toFixed(1)},${(y0 + (north - lat) * scale).toFixed(1)}`
}

/** Room about what changed: as much again on each side, and a street's width at least. */
function widened(points: LonLat[]): LonLat[] {
  const [west, south, east, north] = boxOf(points)
  const room = Math.max((east - west) * 0.5, north - south, 0.0006)
  return [
    [west - room, south - room],
    [east + room, north + room],
  ]
}

/** Edges that are in one version alone. */
function changed(shapes: Shapes, before: Shapes): LonLat[][] {
  const edge = (a: LonLat, b: LonLat): string => [String(a), String(b)].sort().join(' ')
  const edges = (of: Shapes): [LonLat, LonLat][] => Object.values(of).flat().flatMap((ring) => ring.slice(1).map((b, k): [LonLat, LonLat] => [ring[k] as LonLat, b]))
  const old = new Set(edges(before).map(([a, b]) => edge(a, b)))
  return edges(shapes).filter(([a, b]) => !old.has(edge(a, b)))
}

function SmallMap({ shapes, before, around, rows, project, drawn, label }: { shapes: Shapes; before: Shapes; around: LonLat[][]; rows: Row[]; project: (at: LonLat) => string; drawn: LonLat[]; label: string }): JSX.Element {
  const tolerance = planGrids.data.value?.tolerance ?? 0.1
  const path = (rings: LonLat[][]): string => rings.map((ring) => `M${ring.map(project).join('L')}`).join('')
  const middle = (id: string): [number, number] => {
    const [west, south, east, north] = boxOf((shapes[id] ?? [])[0] ?? [])
    const [x, y] = project([(west + east) / 2, (south + north) / 2]).split(',').map(Number)
    // a grid that reaches out of the map has its number at the edge
    return [Math.min(Math.max(x ?? 0, 24), MAP.width - 24), Math.min(Math.max(y ?? 0, 18), MAP.height - 24)]
  }
  return (
    <svg class="small-map" viewBox={`0 0 ${MAP.width} ${MAP.height}`} role="img" aria-label={label}>
      {Object.entries(shapes).map(([id, rings]) => (
        <path key={id} d={path(rings)} fill-rule="evenodd" class="small-grid" style={{ fill: `var(--dev-${deviationClass(rows.find((row) => row.id === id)?.deviation ?? 0, tolerance)})` }} />
      ))}
      <path d={path(around)} class="small-around" />
      <path d={path(changed(before, shapes))} class="small-old" />
      <path d={path(changed(shapes, before))} class="small-new" />
      {drawn.length > 1 && <path d={path([drawn])} class="small-new" />}
      {rows.map(({ id, households }) => {
        const [x, y] = middle(id)
        return (
          <text key={id} x={x} y={y} class="small-label">
            <tspan class="strong">{numberOf(id)}</tspan>
            <tspan x={x} dy="14">
              {number(households)}
            </tspan>
          </text>
        )
      })}
    </svg>
  )
}

function Version(props: { title: string; side: string; rows: Row[]; children: JSX.Element }): JSX.Element {
  return (
    <section class="map-version">
      <div class="row">
        <h3 class="grow">{props.title}</h3>
        <span class="small muted num">{props.side}</span>
      </div>
      {props.children}
      <table class="version-rows small">
        <caption class="visually-hidden">{props.title}</caption>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{numberOf(row.id)}</th>
              <td class="ellipsis">{nameOf(row.id)}</td>
              <td class="num strong">{number(row.households)}</td>
              <td class="num muted">{signed(row.deviation)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function onTopWords(open: Meeting): { words: string; fits: boolean } {
  if (open.onTop === null) return { words: t('edit.askingOnTop'), fits: false }
  if (typeof open.onTop === 'string') return { words: t('edit.fitsNot', { why: open.onTop }), fits: false }
  const told = open.onTop.grids.map((grid) => `${numberOf(grid.id)}: ${number(grid.households)} (${signed(grid.deviation)} %)`)
  return { words: t('edit.fits', { words: told.join(', ') }), fits: true }
}

const title = (open: Meeting): string => {
  const grids = gridsOf(open.command).map(numberOf).join(' | ')
  return open.command.kind === 'border' || open.command.kind === 'vertex' ? t('edit.theBorder', { n: grids }) : t('edit.theGrids', { n: grids })
}

/** Before, theirs and mine as three maps on one view; nothing drawn is lost whatever is chosen. */
export function ConflictScreen(): JSX.Element | null {
  const open = meeting.value
  if (!open) return null
  const topology = scene.value?.topology
  const before: Row[] = open.before.map(({ id, households, deviation }) => ({ id, households, deviation }))
  const over = (rows: Row[], now: Row[]): Row[] => rows.map((row) => now.find(({ id }) => id === row.id) ?? row)
  const theirs = over(before, open.theirs).filter((row) => !open.removed.includes(row.id))
  const mine = over(before, open.mine)
  const theirShapes = { ...open.shapes.before, ...shapesOf(open.theirs) }
  for (const id of open.removed) delete theirShapes[id]
  const { words, fits } = onTopWords(open)
  const drawn = open.command.kind === 'split' || open.command.kind === 'draw' ? drawnOf(open.command) : []
  const all = { ...open.shapes.before, ...theirShapes }
  const news = [...changed(theirShapes, open.shapes.before), ...changed(open.shapes.mine, open.shapes.before), drawn].flat()
  const project = frame(news.length ? widened(news) : Object.values(all).flat(2))
  const around = topology?.arcs.map((arc) => arc.at) ?? []
  const run = (action: () => Promise<unknown>) => (): void => void action().catch((cause: unknown) => toast(sentence(cause)))
  const take = run(useTheirs)
  const put = run(putOnTop)
  const keep = run(keepForLater)
  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const action = { t: take, m: fits ? put : undefined, l: keep }[event.key.toLowerCase()]
    action?.()
  }
  const footer = (
    <>
      <button type="button" class={`button ${fits ? 'primary' : ''}`} aria-disabled={!fits} data-autofocus={fits || undefined} onClick={() => fits && put()}>
        {t('edit.putOnTop')} <kbd>M</kbd>
      </button>
      <button type="button" class={`button ${fits ? '' : 'primary'}`} data-autofocus={!fits || undefined} onClick={take}>
        {t('conflict.useTheirs')} <kbd>T</kbd>
      </button>
      <span class="grow" />
      <button type="button" class="button quiet" onClick={keep}>
        {t('edit.keepLater')} <kbd>L</kbd>
      </button>
    </>
  )
  const revisions = (list: readonly { revision: number }[]): string => list.map(({ revision }) => revision).join(', ')
  return (
    <div onKeyDownCapture={keys}>
      <Dialog title={t('edit.conflict', { n: title(open) })} hint={t('edit.conflictHint')} width={940} onClose={keep} footer={footer}>
        <div class="map-versions">
          <Version title={t('conflict.before')} side={t('conflict.revision', { n: revisions(open.before) })} rows={before}>
            <SmallMap shapes={open.shapes.before} before={open.shapes.before} around={around} rows={before} project={project} drawn={[]} label={t('conflict.before')} />
          </Version>
          <Version title={t('conflict.theirs')} side={`${t('conflict.revision', { n: revisions(open.theirs) })} · ${t('conflict.saved')}`} rows={theirs}>
            <SmallMap shapes={theirShapes} before={open.shapes.before} around={around} rows={theirs} project={project} drawn={[]} label={t('conflict.theirs')} />
          </Version>
          <Version title={t('conflict.mine')} side={t('conflict.notSaved')} rows={mine}>
            <SmallMap shapes={open.shapes.mine} before={open.shapes.before} around={around} rows={mine} project={project} drawn={drawn} label={t('conflict.mine')} />
          </Version>
        </div>
        <p class={`note ${fits ? 'ok' : 'info'}`} role="status">
          <Icon name={fits ? 'check' : open.onTop === null ? 'refresh' : 'warning'} />
          {words}
        </p>
      </Dialog>
    </div>
  )
}
