import type { JSX } from 'preact'
import { t } from '../../../i18n'
import { number, signed } from '../../../i18n/format'
import { Dialog } from '../../../ui/Dialog'
import { Icon } from '../../../ui/Icon'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { gridsOf, drawnOf } from './commands'
import { boxOf } from './plane'
import { changed, frameOf, othersOf, shapesOf, SmallMap, useGround, widened, type Row } from './ConflictMaps'
import { keepForLater, putOnTop, useTheirs } from './send'
import { meeting, scene, type Meeting } from './state'
import { nameOf, numberOf } from './words'

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
  return meeting.value && <Screen open={meeting.value} />
}

function Screen({ open }: { open: Meeting }): JSX.Element {
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
  const frame = frameOf(news.length ? widened(news) : Object.values(all).flat(2))
  const ground = useGround(frame)
  const mineOrTheirs = new Set(Object.keys(all))
  const around = othersOf(topology ?? null, mineOrTheirs, boxOf(news.length ? widened(news) : Object.values(all).flat(2)))
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
            <SmallMap shapes={open.shapes.before} before={open.shapes.before} around={around} rows={before} frame={frame} ground={ground} drawn={[]} label={t('conflict.before')} />
          </Version>
          <Version title={t('conflict.theirs')} side={`${t('conflict.revision', { n: revisions(open.theirs) })} · ${t('conflict.saved')}`} rows={theirs}>
            <SmallMap shapes={theirShapes} before={open.shapes.before} around={around} rows={theirs} frame={frame} ground={ground} drawn={[]} label={t('conflict.theirs')} />
          </Version>
          <Version title={t('conflict.mine')} side={t('conflict.notSaved')} rows={mine}>
            <SmallMap shapes={open.shapes.mine} before={open.shapes.before} around={around} rows={mine} frame={frame} ground={ground} drawn={drawn} label={t('conflict.mine')} />
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
