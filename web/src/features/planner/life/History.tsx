import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { plan, plans, territory } from '../../../api/data'
import type { Plan, PlanGrids } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { gridNumber, number, share } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { ErrorNote, Skeleton } from '../../../ui/states'
import { dated, lineages, planAt, showDay, steps, type PlanStep } from './life'
import { PassageRow } from './Passages'
import { isSame, passages, type Lineage, type Passage } from './lineage'
import { StatusChip } from './StatusChip'
import { today } from './days'
import { dayOf, inForce } from './words'

function AsOf({ data }: { data: PlanGrids }): JSX.Element {
  const failure = useSignal<unknown>(null)
  const day = useSignal(store.at.value ?? '')
  const then = dated.data.value
  const go = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const where = territory.value
    if (!where || !day.value) return
    try {
      showDay(await planAt(where.id, data.plan.kind, day.value), day.value)
      failure.value = null
    } catch (cause) {
      failure.value = cause
    }
  }
  const head = then?.find((grid) => grid.code === store.grid.value)
  return (
    <section class="history-part" aria-labelledby="asof-title">
      <h2 id="asof-title">{t('life.asOf')}</h2>
      <form class="row" onSubmit={(event) => void go(event)}>
        <label class="grow">
          <span class="visually-hidden">{t('life.asOfDay')}</span>
          <input type="date" class="input" value={day.value} onInput={(event) => (day.value = event.currentTarget.value)} />
        </label>
        <button type="submit" class="button" aria-disabled={!day.value}>
          {t('life.asOfShow')}
        </button>
        {store.at.value && (
          <button type="button" class="button" onClick={() => showDay(null, null)}>
            {t('life.asOfNow')}
          </button>
        )}
      </form>
      {failure.value !== null && <ErrorNote error={failure.value} />}
      {store.at.value && then && (
        <p class="small second" role="status">
          {t('life.asOfSays', {
            day: dayOf(store.at.value),
            n: number(then.length),
            vacant: number(then.filter((grid) => !grid.head).length),
          })}
          {head && ` ${t('life.headThen', { n: gridNumber(head.code), head: head.head?.work_no ?? t('grid.vacant') })}`}
        </p>
      )}
    </section>
  )
}

function Row({ row, from }: { row: Lineage; from: boolean }): JSX.Element {
  const code = from ? row.from_code : row.to_code
  return (
    <li class="small">
      <span class="chip outline">{tOr(`life.lineage.${row.kind}`, row.kind)}</span>{' '}
      {from ? '← ' : '→ '}
      <span class="strong">{gridNumber(code)}</span>{' '}
      <span class="second num">
        {t('life.shares', { n: number(row.households), share: share(row.household_share, 1, 0), area: share(row.area_share, 1, 0) })}
      </span>
    </li>
  )
}

function Passed({ passage, grid }: { passage: Passage; grid: string }): JSX.Element {
  return (
    <li class="passage">
      <p class="strong">{dayOf(passage.at)}</p>
      {isSame(passage, grid) ? (
        <p class="small second">{t('life.unchanged')}</p>
      ) : (
        <ul>
          {passage.from.map((row) => (
            <Row key={row.from_id + row.to_id} row={row} from />
          ))}
          {passage.to.map((row) => (
            <Row key={`to ${row.to_id}`} row={row} from={false} />
          ))}
        </ul>
      )}
    </li>
  )
}

function GridHistory({ data }: { data: PlanGrids }): JSX.Element {
  const grid = data.grids.find((one) => one.code === store.grid.value)
  useEffect(() => {
    if (grid && !lineages.data.peek()) void lineages.load()
  }, [grid?.id])
  const found = grid && lineages.data.value ? passages(lineages.data.value, grid.id) : []
  return (
    <section class="history-part" aria-labelledby="grid-history">
      <h2 id="grid-history">{grid ? t('life.gridHistory', { n: gridNumber(grid.code) }) : t('life.gridHistoryNone')}</h2>
      {lineages.error.value && grid && <ErrorNote error={lineages.error.value} retry={() => void lineages.load()} />}
      {grid && lineages.data.value && found.length === 0 && <p class="small muted">{t('life.noPassage')}</p>}
      <ol class="passages">
        {grid && found.map((passage) => <Passed key={passage.at} passage={passage} grid={grid.id} />)}
      </ol>
    </section>
  )
}

function Fact({ step }: { step: PlanStep }): JSX.Element | null {
  const { households_moved: moved, assignments_carried: carried, cases_rehomed: cases } = step.facts as Record<string, number | undefined>
  // codes are given when a plan comes into force: those that another plan got first are others now
  const codes = (step.facts.renumbered as unknown[] | undefined)?.length
  const words = [
    codes && t('life.factCodes', { n: number(codes) }),
    moved !== undefined && t('life.factMoved', { n: number(moved) }),
    carried !== undefined && t('life.factPosts', { n: number(carried) }),
    cases !== undefined && t('life.factCases', { n: number(cases) }),
  ].filter(Boolean)
  return words.length ? <p class="small muted">{words.join(' · ')}</p> : null
}

function Steps(): JSX.Element {
  const all = steps.data.value
  const of = plan.value
  useEffect(() => void steps.load(), [of?.id, of?.revision])
  if (steps.error.value) return <ErrorNote error={steps.error.value} retry={() => void steps.load()} />
  if (!all || !of) return <Skeleton rows={3} />
  return (
    <section class="history-part" aria-labelledby="plan-steps">
      <h2 id="plan-steps">{t('life.planHistory')}</h2>
      <ol class="passages">
        {[...all.steps].reverse().map((step) => (
          <PassageRow key={step.id} name={tOr(`life.action.${step.action}`, step.action)} actor={step.actor} at={step.at} note={step.note}>
            <Fact step={step} />
          </PassageRow>
        ))}
        <PassageRow name={t('life.action.made')} actor={of.author} at={of.created_at} />
      </ol>
    </section>
  )
}

function Succession({ of }: { of: Plan }): JSX.Element {
  const line = (plans.data.value ?? [])
    .filter((one) => one.kind === of.kind && one.effective_at)
    .sort((a, b) => String(b.effective_at).localeCompare(String(a.effective_at)))
  return (
    <section class="history-part" aria-labelledby="succession">
      <h2 id="succession">{t('life.succession')}</h2>
      {line.length === 0 && <p class="small muted">{t('life.noSuccession')}</p>}
      <ul>
        {line.map((one) => (
          <li key={one.id} class="row succession-row">
            <span class="grow">
              <button type="button" class="link ellipsis" aria-current={one.id === of.id} onClick={() => (store.plan.value = one.id)}>
                {one.name}
              </button>
              <span class="block small muted">{inForce(one)}</span>
            </span>
            <StatusChip status={one.status} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What happened: to the plan, to the grid that is selected, and what was in force on any day. */
export function History({ data }: { data: PlanGrids }): JSX.Element {
  return (
    <div class="check-tab" id="table" tabIndex={-1}>
      <AsOf data={data} />
      <GridHistory data={data} />
      <Steps />
      <Succession of={data.plan} />
    </div>
  )
}

/** Says on the map that it shows a day of the past or to come. */
export function DayOnMap({ data }: { data: PlanGrids }): JSX.Element | null {
  const day = store.at.value
  if (!day) return null
  // an address may name a day without its plan
  const other = dated.data.value !== null && !dated.data.value.some((grid) => grid.plan_id === data.plan.id)
  const words = other ? 'life.onMapNot' : day > today() ? 'life.onMapLater' : 'life.onMap'
  return (
    <div class="map-hint card day-hint" role="status">
      <Icon name="history" />
      {t(words, { day: dayOf(day), name: data.plan.name })}
      <button type="button" class="button quiet" onClick={() => showDay(null, null)}>
        {t('life.asOfNow')}
      </button>
    </div>
  )
}
