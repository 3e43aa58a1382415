import type { JSX } from 'preact'
import { t } from '../../../i18n'
import { clock, number, signed } from '../../../i18n/format'
import { Dialog } from '../../../ui/Dialog'
import { Icon } from '../../../ui/Icon'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { gridsOf, drawnOf } from './commands'
import { mayComment } from '../life/commenting'
import { person } from '../life/life'
import { commentTo, saveAsCopy } from './aside'
import { boxOf } from './plane'
import { changed, frameOf, othersOf, shapesOf, SmallMap, useGround, widened, type Row } from './ConflictMaps'
import { keepForLater, putOnTop, useTheirs } from './send'
import { gridById, meeting, scene, type Meeting } from './state'
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

/** The first choice comes with the server's answer: a hand that waits on the second is led to it. */
function firstChoice(button: HTMLButtonElement | null): void {
  if (button && document.activeElement?.matches('[data-autofocus]')) button.focus()
}

/** What can be done: keep both, put mine over theirs, or neither. */
type Way = 'asking' | 'both' | 'mine' | 'none'

function wayOf({ onTop }: Meeting): Way {
  if (onTop === null) return 'asking'
  if (typeof onTop === 'string') return 'none'
  return onTop.takes_back ? 'mine' : 'both'
}

function wordsOf({ onTop }: Meeting): string {
  if (onTop === null) return t('edit.askingOnTop')
  if (typeof onTop === 'string') return t('edit.fitsNot', { why: onTop })
  const told = onTop.grids.map((grid) => `${numberOf(grid.id)}: ${number(grid.households)} (${signed(grid.deviation)} %)`)
  return t(onTop.takes_back ? 'edit.fitsOver' : 'edit.fitsBoth', { words: told.join(', ') })
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
  const way = wayOf(open)
  const result = typeof open.onTop === 'object' ? open.onTop : null
  const fits = result !== null
  const drawn = open.command.kind === 'split' || open.command.kind === 'draw' ? drawnOf(open.command) : []
  const all = { ...open.shapes.before, ...theirShapes }
  const resultShapes = result && { ...theirShapes, ...shapesOf(result.grids.filter(({ id }) => id in theirShapes || !gridById.value.has(id))) }
  const news = [...changed(theirShapes, open.shapes.before), ...changed(open.shapes.mine, open.shapes.before), drawn].flat()
  const frame = frameOf(news.length ? widened(news) : Object.values(all).flat(2))
  const ground = useGround(frame)
  const mineOrTheirs = new Set(Object.keys(all))
  const around = othersOf(topology ?? null, mineOrTheirs, boxOf(news.length ? widened(news) : Object.values(all).flat(2)))
  const words = wordsOf(open)
  const run = (action: () => Promise<unknown>) => (): void => void action().catch((cause: unknown) => toast(sentence(cause)))
  const take = run(useTheirs)
  const put = run(putOnTop)
  const keep = run(keepForLater)
  const who = open.by?.author ?? t('edit.somebody')
  // a copy is of the whole plan
  const copy = person.value.limited ? undefined : run(saveAsCopy)
  const say = mayComment.value ? run(() => commentTo(who)) : undefined
  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const action = { t: take, b: way === 'both' ? put : undefined, m: way === 'mine' ? put : undefined, l: keep, s: copy, c: say }[event.key.toLowerCase()]
    if (action) event.preventDefault()
    action?.()
  }
  const both = way === 'both'
  const footer = (
    <>
      {both && (
        <button key="both" type="button" class="button primary" ref={firstChoice} onClick={put}>
          {t('conflict.keepBoth')} <kbd>B</kbd>
        </button>
      )}
      <button key="theirs" type="button" class={`button ${both ? '' : 'primary'}`} data-autofocus onClick={take}>
        {t('conflict.useTheirs')} <kbd>T</kbd>
      </button>
      {way === 'mine' && (
        <button key="mine" type="button" class="button" onClick={put}>
          {t('conflict.useMine')} <kbd>M</kbd>
        </button>
      )}
      <span class="grow" />
      <button type="button" class="button quiet" onClick={keep}>
        {t('edit.keepLater')} <kbd>L</kbd>
      </button>
      {copy && (
        <button type="button" class="button quiet" onClick={copy}>
          {t('conflict.saveCopy')} <kbd>S</kbd>
        </button>
      )}
      {say && (
        <button type="button" class="button quiet" onClick={say}>
          {t('conflict.commentTo', { who })} <kbd>C</kbd>
        </button>
      )}
    </>
  )
  const revisions = (list: readonly { revision: number }[]): string => list.map(({ revision }) => revision).join(', ')
  const hint = open.by ? t('edit.savedAt', { time: clock(new Date(open.by.at)) }) : t('edit.conflictHint')
  return (
    <div onKeyDownCapture={keys}>
      <Dialog title={t('edit.conflict', { n: title(open), who })} hint={hint} width={fits ? 1240 : 940} onClose={keep} footer={footer}>
        <div class={`map-versions ${fits ? 'with-result' : ''}`}>
          <Version title={t('conflict.before')} side={t('conflict.revision', { n: revisions(open.before) })} rows={before}>
            <SmallMap shapes={open.shapes.before} before={open.shapes.before} around={around} rows={before} frame={frame} ground={ground} drawn={[]} label={t('conflict.before')} />
          </Version>
          <Version title={t('conflict.theirs')} side={`${t('conflict.revision', { n: revisions(open.theirs) })} · ${t('conflict.saved')}`} rows={theirs}>
            <SmallMap shapes={theirShapes} before={open.shapes.before} around={around} rows={theirs} frame={frame} ground={ground} drawn={[]} label={t('conflict.theirs')} />
          </Version>
          <Version title={t('conflict.mine')} side={t('conflict.notSaved')} rows={mine}>
            <SmallMap shapes={open.shapes.mine} before={open.shapes.before} around={around} rows={mine} frame={frame} ground={ground} drawn={drawn} label={t('conflict.mine')} />
          </Version>
          {result && resultShapes && (
            <Version title={t(way === 'both' ? 'conflict.both' : 'conflict.mineOver')} side={t('conflict.notSaved')} rows={over(theirs, result.grids)}>
              <SmallMap shapes={resultShapes} before={open.shapes.before} around={around} rows={over(theirs, result.grids)} frame={frame} ground={ground} drawn={[]} label={t(way === 'both' ? 'conflict.both' : 'conflict.mineOver')} />
            </Version>
          )}
        </div>
        <p class={`note ${way === 'both' ? 'ok' : 'info'}`} role="status">
          <Icon name={way === 'both' ? 'check' : way === 'asking' ? 'refresh' : 'warning'} />
          {words}
        </p>
      </Dialog>
    </div>
  )
}
