import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { gridByCode, planGrids, planId } from '../../../api/data'
import type { PlanGrids } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { number } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { ErrorNote, Skeleton } from '../../../ui/states'
import { hindrance } from '../edit/state'
import { choose } from '../edit/tools'
import { AllClear, FindingRow, type Finding } from '../parts'
import { tab } from '../slots'
import { AssignHeads } from './AssignHeads'
import { CountDoors } from './CountDoors'
import { check, mark, type Check, type CheckProblem } from './life'
import { outOfBand } from './villages'
import { problemWords } from './words'

export interface Line extends Finding {
  kind: string
  at: [number, number] | null
}

function lineOf(problem: CheckProblem, place: number): Line {
  const { place: where } = problem
  const code = problem.grids?.[0] ?? (typeof where === 'string' ? where : null)
  const at = Array.isArray(where) ? where : (gridByCode.value.get(code ?? '')?.centre ?? null)
  return {
    key: `${problem.kind} ${place}`,
    kind: problem.kind,
    name: code ? (gridByCode.value.get(code)?.name ?? '') : '',
    words: problemWords(problem),
    bad: problem.blocks !== false,
    code,
    at: at as [number, number] | null,
  }
}

/** Everything that is open: what the server proved, and grids out of band. */
export function linesOf(data: PlanGrids, found: Check | null): Line[] {
  const proved = (found?.problems ?? []).map((problem, place) => lineOf(problem as CheckProblem, place))
  const band = outOfBand(data).map(({ grid, off, edge }): Line => ({
    key: `band ${grid.code}`,
    kind: 'band',
    name: grid.name ?? '',
    words: t((grid.deviation ?? 0) > 0 ? 'planner.checkOver' : 'planner.checkShort', { n: number(off), limit: number(edge) }),
    bad: false,
    code: grid.code,
    at: grid.centre as [number, number],
  }))
  return [...proved.filter((line) => line.bad), ...band, ...proved.filter((line) => !line.bad)]
}

/** What is open as far as it is known now: the band at once, the rest once it was checked. */
export const openLines = (data: PlanGrids): Line[] => linesOf(data, check.data.value?.plan === data.plan.id ? check.data.value : null)

/** The one repair that a tool has for a finding. */
function repairOf(line: Line): { words: string; act: () => void } | undefined {
  if (line.kind !== 'band' || !line.code || hindrance.value !== null) return undefined
  const improve = (): void => {
    goTo(line)
    tab.value = 'grids'
    choose('improve')
  }
  return { words: t('edit.improveOne'), act: improve }
}

/** Goes to where something is wrong and marks it. */
export function goTo(line: Line): void {
  if (line.code) store.grid.value = line.code
  const grid = line.code ? gridByCode.peek().get(line.code) : undefined
  mark.value = line.at && { at: line.at, words: line.words, bad: line.bad }
  // a fault has a place of its own; the others are the grid's
  if (grid && (line.kind === 'band' || !line.at || line.at === grid.centre)) store.goTo.value = { bbox: grid.bbox }
  else if (line.at) store.goTo.value = { at: line.at, zoom: 17.5 }
}

const ids = (code: string): string => `check-${code.replace(/[^\w-]/g, '-')}`

function Group({ kind, lines, plan }: { kind: string; lines: Line[]; plan: string }): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!way) return
    event.preventDefault()
    const rows = [...document.querySelectorAll<HTMLElement>('.check-list .answer-row')]
    const next = rows[rows.indexOf(document.activeElement as HTMLElement) + way]
    next?.focus()
    next?.click()
  }
  return (
    <section aria-labelledby={ids(kind)}>
      <h2 id={ids(kind)} class="check-kind">
        {tOr(`life.fault.${kind}`, kind)} <span class="chip round">{number(lines.length)}</span>
      </h2>
      {kind === 'no-head' && (
        <div class="pad-row">
          <AssignHeads plan={plan} />
        </div>
      )}
      <ul class="checks check-list" onKeyDown={move}>
        {lines.map((line) => (
          <FindingRow key={line.key} of={line} current={mark.value?.words === line.words && store.grid.value === line.code} onGo={() => goTo(line)} repair={repairOf(line)} />
        ))}
      </ul>
    </section>
  )
}

function Verdict({ found, lines }: { found: Check; lines: Line[] }): JSX.Element {
  const blocking = lines.filter((line) => line.bad).length
  const warnings = lines.length - blocking
  return (
    <div class="row wrap pad-row">
      {blocking > 0 && <span class="chip late">{t('life.blocking', { n: number(blocking) })}</span>}
      {warnings > 0 && <span class="chip warn">{t('life.warnings', { n: number(warnings) })}</span>}
      <span class="grow" />
      <span class={`small row ${found.tiling_valid ? 'second' : 'bad'}`}>
        <Icon name={found.tiling_valid ? 'check' : 'alert'} />
        {t(found.tiling_valid ? 'life.tilingExact' : 'life.tilingBroken')}
      </span>
      <button type="button" class="button icon-only" aria-label={t('life.checkAgain')} data-tip={t('life.checkAgain')} onClick={() => void check.load()}>
        <Icon name="refresh" />
      </button>
    </div>
  )
}

/** What the check of a plan found, by kind; each line goes to its place. */
export function CheckPanel({ data }: { data: PlanGrids }): JSX.Element {
  const found = check.data.value?.plan === data.plan.id ? check.data.value : null
  useEffect(() => {
    if (!check.data.peek()) void check.load()
  }, [planId.value, planGrids.data.value])
  if (check.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={check.error.value} retry={() => void check.load()} />
      </div>
    )
  }
  if (!found) return <Skeleton />
  const lines = linesOf(data, found)
  const kinds = [...new Set(lines.map((line) => line.kind))]
  return (
    <div id="table" tabIndex={-1} class={`check-tab ${check.loading.value ? 'dimmed' : ''}`} aria-busy={check.loading.value}>
      <Verdict found={found} lines={lines} />
      {lines.length === 0 && <AllClear words={t('life.nothingOpen')} />}
      {kinds.map((kind) => (
        <Group key={kind} kind={kind} plan={data.plan.id} lines={lines.filter((line) => line.kind === kind)} />
      ))}
      <CountDoors />
    </div>
  )
}
