import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { planGrids } from '../../../api/data'
import { t, tOr } from '../../../i18n'
import { clock, distance, number, signed } from '../../../i18n/format'
import { listMode, store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { JobBar } from '../../../ui/JobBar'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { DeviationSwatch } from '../DeviationBar'
import { savedAt } from '../edits'
import type { Side } from './figures'
import { arcOf, measured, type ModeState } from './modes'
import { skipped } from './picking'
import { dropKept, keepProposal, makeDraft, sendAgain, sendEdit, tryKept } from './send'
import { doors, gridById, kept, loadingGround, mode, preview, proposal, refusal, saving, scene, snapped, topology, unsent, wantsDraft } from './state'
import { anchor, putAside, stepBack } from './tools'
import { editWords, inBand, nameOf, numberOf, sideWords, toolName } from './words'

/** How many grids are named one by one on the card over the map. */
const NAMED = 6
const someOf = (numbers: string[]): string => numbers.slice(0, NAMED).join(', ') + (numbers.length > NAMED ? ` +${numbers.length - NAMED}` : '')

/** The grids that a tool has in hand, as numbers. */
function about(state: ModeState): string {
  const here = scene.value
  if (state.tool === 'border') {
    const arc = here && arcOf(state, here.topology)
    return arc ? `${numberOf(arc.left)} | ${numberOf(arc.right)}` : ''
  }
  if (state.tool === 'merge' || state.tool === 'improve') return someOf(state.grids.map(numberOf))
  if ('points' in state && state.points.length) return t(state.points.length === 1 ? 'edit.onePoint' : 'edit.manyPoints', { n: number(state.points.length) })
  return here?.grid ? numberOf(here.grid) : ''
}

/** What is measured, in words. */
function measureWords(state: Extract<ModeState, { tool: 'split' | 'draw' | 'measure' }>): string {
  const { metres, area_m2 } = measured(state)
  return t(area_m2 === null ? 'edit.measured' : 'edit.measuredArea', { m: distance(metres), ha: number((area_m2 ?? 0) / 10_000, 2) })
}

function hint(state: ModeState): string {
  if (state.tool === 'measure' && state.points.length) return measureWords(state)
  const touch = matchMedia('(pointer: coarse)').matches
  if (state.tool === 'split' && touch) return t('edit.hint.splitTouch')
  const passed = 'to' in state && state.down && scene.value ? skipped(state, scene.value) : 0
  if (passed) return t('edit.skipped', { n: number(passed) })
  if ('to' in state) return state.to ? tOr(`edit.hint.${state.tool}`, '').replace('{n}', numberOf(state.to)) : t('edit.hint.brushNone')
  return tOr(`edit.hint.${state.tool}`, '')
}

/** What is in hand and what it snapped to, at the top of the map. */
export function ToolCard(): JSX.Element | null {
  const state = mode.value
  if (state.tool === 'select') return null
  const snap = snapped.value
  const what = snap ? tOr(`edit.snapped.${snap.kind}`, snap.kind) : null
  return (
    <div class="card tool-card">
      <span class="strong">{toolName(state.tool)}</span>
      <span class="muted">{about(state)}</span>
      <span class="rule" />
      {saving.value ? (
        <span>{t('edit.saving')}</span>
      ) : !topology.value || loadingGround.value ? (
        <span>{t('edit.loading')}</span>
      ) : what && state.tool !== 'measure' ? (
        <span class="snap-cue">
          <Icon name="magnet" />
          {snap?.name ? t('edit.snapNamed', { what, name: snap.name }) : what}
        </span>
      ) : (
        <span class="second">
          {hint(state)}
          {!store.snapping.value && ` · ${t('edit.snapOff')}`}
        </span>
      )}
    </div>
  )
}

function Half({ side, fresh, tolerance }: { side: Side; fresh: string | null; tolerance: number }): JSX.Element {
  const before = gridById.value.get(side.id)
  return (
    <div class="half">
      <p class="row">
        <DeviationSwatch deviation={side.deviation} tolerance={tolerance} />
        <span class="strong">{fresh ?? numberOf(side.id)}</span>
        <span class="ellipsis second">{fresh ? '' : nameOf(side.id)}</span>
      </p>
      <p>
        <span class="half-figure">{number(side.households)}</span> <span class="second">{t('edit.households')}</span>
      </p>
      <p class="small second">
        {signed(side.deviation)} % {!fresh && t('edit.was', { v: signed(before?.deviation) })}
      </p>
      <p class="small muted">{t('edit.areaCmp', { ha: number(side.area_m2 / 10_000, 2), c: number(side.compactness, 2) })}</p>
    </div>
  )
}

/** How far a card stands off the hand, and its own size, in pixels. */
const OFF_PX = 24
const CARD = { width: 330, height: 150 }

/** Figures of both sides while the hand moves. */
export function FigureCard(): JSX.Element | null {
  const state = mode.value
  const now = preview.value
  const data = planGrids.data.value
  if (!now || !data || (state.tool === 'border' && !changes(state))) return null
  const { tolerance } = data
  const names = now.fresh && now.sides.length === 2 ? ['A', 'B'] : now.fresh ? [t('edit.newGrid')] : []
  const all = now.sides.slice(0, 4)
  const spot = anchor.value
  const box = document.querySelector('.map-pane')?.getBoundingClientRect()
  const place =
    spot && box
      ? {
          left: `${Math.max(8, spot.x + OFF_PX + CARD.width > box.width - 60 ? spot.x - OFF_PX - CARD.width : spot.x + OFF_PX)}px`,
          top: `${Math.max(60, spot.y + OFF_PX + CARD.height > box.height ? spot.y - OFF_PX - CARD.height : spot.y + OFF_PX)}px`,
        }
      : { left: '12px', top: '60px' }
  const band = all.every((side) => inBand(side, tolerance))
  const whole = all.every((side) => side.onePiece)
  // parcels carry their households; lines through parcels need the dwellings
  const counting = !('to' in state) && state.tool !== 'merge' && !all.every((side) => doors.value?.counted.has(side.id))
  return (
    <div class="card figure-card" style={place} data-testid="figures">
      <div class="halves">
        {all.map((side, k) => (
          <Half key={k} side={side} fresh={names[k] ?? null} tolerance={tolerance} />
        ))}
      </div>
      <p class="row wrap small">
        {now.moved > 0 && !now.fresh && <span class="second">{t('edit.toOther', { n: number(now.moved), to: numberOf(gainer(all)) })}</span>}
        {counting && <span class="second">{t('edit.counting')}</span>}
        <span class="grow" />
        <span class={`chip ${band ? 'ok' : 'warn'}`}>
          <Icon name={band ? 'check' : 'warning'} />
          {t(band ? 'edit.inBand' : 'edit.outOfBand')}
        </span>
        <span class={`chip ${whole ? 'ok' : 'late'}`}>
          <Icon name={whole ? 'check' : 'alert'} />
          {t(whole ? 'edit.onePiece' : now.faults.length ? 'edit.crosses' : 'edit.pieces')}
        </span>
      </p>
    </div>
  )
}

const gainer = (sides: readonly Side[]): string | undefined => sides.find((side) => side.households > (gridById.value.get(side.id)?.households ?? 0))?.id

/** Whether a border is not where it was. */
export function changes(state: Extract<ModeState, { tool: 'border' }>): boolean {
  const here = scene.value
  const arc = here && arcOf(state, here.topology)
  return Boolean(arc && (arc.xy.length !== state.line.length || arc.xy.some((at, k) => at !== state.line[k])))
}

/** Changing figures, read out at most once a second. */
export function LiveFigures(): JSX.Element {
  const [words, setWords] = useState('')
  const now = preview.value
  const tolerance = planGrids.data.value?.tolerance ?? 0.1
  const state = mode.value
  const told = state.tool === 'measure' && state.points.length > 1 ? measureWords(state) : now && !(state.tool === 'border' && !changes(state)) ? now.sides.map((side, k) => sideWords(side, tolerance, now.fresh ? ['A', 'B'][k] ?? null : null)).join('. ') : ''
  useEffect(() => {
    const timer = setTimeout(() => setWords(told), 1000)
    return () => clearTimeout(timer)
  }, [told])
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="live-figures">
      {words}
    </div>
  )
}

/** What a key brought about, read out: the tool that came to hand, and what was saved. */
export function Told(): JSX.Element {
  const [words, setWords] = useState('')
  const state = mode.value
  const at = savedAt.value
  const opening = useRef(true)
  useEffect(() => {
    if (!opening.current) setWords(state.tool === 'select' ? toolName('select') : `${toolName(state.tool)}. ${hint(state)}`)
  }, [state.tool])
  useEffect(() => {
    if (!opening.current && at) setWords(`${t('planner.saved', { t: clock(at) })} · ${editWords()}`)
  }, [at])
  useEffect(() => void (opening.current = false), [])
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="told">
      {words}
    </div>
  )
}

const REPAIRABLE = new Set(['edit-breaks-tiling', 'crosses-parent', 'line-cuts-too-often'])

/** Why an edit was refused, where, and what to do. */
export function RefusalCard(): JSX.Element | null {
  const open = refusal.value
  if (!open) return null
  const { problem, command, place } = open
  const advice = tOr(`edit.advice.${problem.code}.${command.kind}`, tOr(`edit.advice.${problem.code}`, ''))
  const canRepair = problem.code === 'edit-breaks-tiling' || (REPAIRABLE.has(problem.code) && command.kind === 'draw')
  return (
    <section class="card refusal" role="alert">
      <p class="row">
        <span class="bad">
          <Icon name="alert" />
        </span>
        <span class="strong grow">{sentence(problem)}</span>
      </p>
      <p class="small second">
        {advice} {t('edit.refusedNothing')} {canRepair && t('edit.repair.hint')}
      </p>
      <p class="row wrap">
        {place && (
          <button type="button" class="button primary" onClick={() => (store.goTo.value = { at: place, zoom: 17 })}>
            {t('edit.zoomTo')}
          </button>
        )}
        {canRepair && (
          <button type="button" class="button" onClick={() => void sendEdit(command, { repair: true })}>
            {t('edit.repair')}
          </button>
        )}
        <button type="button" class="button quiet" onClick={stepBack}>
          {t('edit.putBack')} <kbd>Esc</kbd>
        </button>
      </p>
      <p class="foot muted">
        {problem.code}
        {problem.requestId && ` · ${t('error.request', { id: problem.requestId.slice(0, 8) })}`}
      </p>
    </section>
  )
}

/** An edit that did not reach the server: nothing is lost, and it goes out again by itself. */
export function UnsentCard(): JSX.Element | null {
  const open = unsent.value
  if (!open) return null
  return (
    <section class="card refusal" role="alert" data-testid="unsent">
      <p class="row">
        <span class="warnish">
          <Icon name="offline" />
        </span>
        <span class="strong grow">{t('edit.unsent')}</span>
      </p>
      <p class="small second">{t(open.kept ? 'edit.unsentKept' : 'edit.unsentAgain')}</p>
      <p class="row wrap">
        <button type="button" class="button primary" aria-disabled={saving.value} onClick={() => void sendAgain()}>
          {t(saving.value ? 'edit.saving' : 'edit.tryAgain')}
        </button>
        {open.kept && (
          <button type="button" class="button" onClick={() => putAside(true)}>
            {t('edit.keepLater')} <kbd>Esc</kbd>
          </button>
        )}
        <button type="button" class="button quiet" onClick={() => putAside(false)}>
          {t('edit.discard')}
        </button>
      </p>
    </section>
  )
}

/** What the server proposes: kept or discarded. */
export function ProposalCard(): JSX.Element | null {
  const open = proposal.value
  if (!open) return null
  const worst = (list: { deviation: number | null }[]): number => list.reduce((most, { deviation }) => Math.max(most, Math.abs(deviation ?? 0)), 0)
  const before = open.answer.grids.map((grid) => gridById.value.get(grid.id)).filter((grid) => grid !== undefined)
  return (
    <section class="card refusal" role="status">
      <h2>{t('edit.proposal')}</h2>
      <p class="small second">{t('edit.proposalWords', { n: open.answer.grids.length, a: number(worst(before) * 100, 1), b: number(worst(open.answer.grids) * 100, 1) })}</p>
      <p class="row">
        <button type="button" class="button primary" onClick={() => void keepProposal()}>
          {t('edit.keepIt')} <kbd>Enter</kbd>
        </button>
        <button type="button" class="button quiet" onClick={stepBack}>
          {t('edit.discard')} <kbd>Esc</kbd>
        </button>
      </p>
    </section>
  )
}

/** Offers a draft of a plan that cannot be edited. */
export function DraftCard(): JSX.Element | null {
  const plan = planGrids.data.value?.plan
  const [busy, setBusy] = useState(false)
  const primary = useRef<HTMLButtonElement>(null)
  const offered = wantsDraft.value && plan !== undefined
  useEffect(() => {
    if (!offered) return
    // the letter of a tool was pressed on a row of the table: the keys go on here, and back there
    const before = document.activeElement as HTMLElement | null
    primary.current?.focus()
    return () => {
      if (document.activeElement !== document.body) return
      const back = before?.isConnected ? before : document.querySelector<HTMLElement>('table tbody tr[tabindex="0"]')
      back?.focus()
    }
  }, [offered])
  if (!offered) return null
  const make = (): void => {
    if (busy) return
    setBusy(true)
    makeDraft()
      .then(() => (wantsDraft.value = false))
      .catch((cause: unknown) => toast(sentence(cause)))
      .finally(() => setBusy(false))
  }
  return (
    <section class="card refusal" role="alert">
      <h2>{t('edit.draftTitle', { status: tOr(`status.${plan.status}`, plan.status).toLowerCase() })}</h2>
      <p class="small second">{t('edit.draftWhy')}</p>
      <p class="row">
        <button type="button" class="button primary" ref={primary} aria-disabled={busy} onClick={make}>
          {t('edit.draftDo')}
        </button>
        <button type="button" class="button quiet" onClick={stepBack}>
          {t('common.cancel')} <kbd>Esc</kbd>
        </button>
      </p>
    </section>
  )
}

/** Drawings that could not be saved and were kept. */
export function KeptCard(): JSX.Element | null {
  const plan = planGrids.data.value?.plan.id
  const mine = kept.value.filter((one) => one.plan === plan && one.id !== unsent.value?.kept)
  if (mine.length === 0) return null
  return (
    <section class="card refusal kept" aria-label={t('edit.kept')}>
      <h2>
        {t('edit.kept')} <span class="chip round">{mine.length}</span>
      </h2>
      <ul class="stack">
        {mine.map((one) => (
          <li key={one.id} class="row">
            <span class="grow ellipsis num">
              {toolName(one.command.kind === 'vertex' || one.command.kind === 'border' ? 'border' : one.command.kind === 'reassign' ? 'brush' : (one.command.kind as 'split'))} {one.label}
            </span>
            <button type="button" class="button" onClick={() => void tryKept(one)}>
              {t('edit.tryAgain')}
            </button>
            <button type="button" class="button quiet" onClick={() => dropKept(one.id)}>
              {t('edit.discard')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The cards of the tools, on the map or, without a map, in the panel. */
export function EditCards(): JSX.Element {
  return (
    <>
      {!listMode.value && <ToolCard />}
      {!listMode.value && <FigureCard />}
      <div class="edit-cards">
        <JobBar kinds={['improve']} card />
        <UnsentCard />
        <RefusalCard />
        <DraftCard />
        <ProposalCard />
        <KeptCard />
      </div>
    </>
  )
}
