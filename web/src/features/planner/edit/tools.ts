/** Runs the tools: events of map, keys and lists go to the tool in hand, its commands to the server. */
import { batch, computed, effect, signal, untracked } from '@preact/signals'
import { planGrids } from '../../../api/data'
import { live } from '../../../api/events'
import type { Box } from '../../../api/types'
import { t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { mapOnScreen } from '../../../map/engine'
import { editDrawing, editHand, editSnaps, handAt, type Pointer } from '../../../map/editing'
import { setSnapping, store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import type { Command } from './commands'
import { drawing } from './draw'
import { bring, ensure, followPlan, here as isHere } from './load'
import { busy, startMode, step, type BorderState, type EditEvent, type Tool } from './modes'
import { skipped } from './picking'
import { boxOf, type LonLat, type XY } from './plane'
import { previewOf } from './preview'
import { giveUp, keepProposal, readKept, savedEdits, sendAgain, sendEdit, tryOut } from './send'
import { doors, figuresMs, fresh, gridById, hindrance, kept, known, meeting, mode, preview, proposal, refusal, saving, scene, selectedGrid, snapped, topology, unsent, wantsDraft } from './state'
import { borders, type Topology } from './topology'
import { numberOf } from './words'

/** Tools whose lines snap to what is on the ground. */
const SNAPPING = new Set<Tool>(['border', 'split', 'draw', 'measure'])
const CATCH_PX = 12
const TOUCH_PX = 22

/** The place that a border in hand was at, to find it again after it was saved. */
let lastVertex: { pair: string; at: LonLat } | null = null
const pairOf = (left: string | null, right: string | null): string => [left ?? '', right ?? ''].sort().join(' ')

function figure(): void {
  const here = scene.peek()
  const state = mode.peek()
  if (!here || state.tool === 'select') {
    preview.value = null
    return
  }
  const started = performance.now()
  const found = previewOf(state, here, known.peek(), doors.peek())
  figuresMs.value = performance.now() - started
  preview.value = found.sides.length ? found : null
}

const failed = (cause: unknown): void => toast(sentence(cause))

/** Lets the tool in hand take an event. */
export function act(event: EditEvent): void {
  const here = scene.peek()
  if (!here || saving.peek() || meeting.peek() || unsent.peek()) return
  const before = mode.peek()
  const { state, command, lacks } = step(before, event, here)
  batch(() => {
    mode.value = state
    if (event.kind !== 'move') proposal.value = null
    figure()
  })
  if (state.tool === 'border' && state.vertex !== null) {
    const arc = here.topology.arcs.find(({ key }) => key === state.arc)
    const at = state.line[state.vertex]
    if (arc && at) lastVertex = { pair: pairOf(arc.left, arc.right), at: here.topology.plane.from(at) }
  }
  if (lacks) toast(t(`edit.lacks.${lacks}`))
  if (command) void run(command, 'to' in before ? skipped(before, here) : 0)
}

async function run(command: Command, leftOut = 0): Promise<void> {
  refusal.value = null
  if (command.kind === 'improve') {
    await tryOut(command)
    return
  }
  const done = await sendEdit(command)
  if (done && leftOut) toast(t('edit.skipped', { n: number(leftOut) }))
  // a line that was refused stays under the hand; a border springs back
  if (!done && !meeting.peek() && !unsent.peek() && mode.peek().tool === 'border') act({ kind: 'back' })
}

/** Chooses a tool; a published plan is offered as a draft first. */
export function choose(tool: Tool): void {
  if (tool !== 'select' && tool !== 'measure' && hindrance.peek()) {
    if (hindrance.peek() === 'status') wantsDraft.value = true
    return
  }
  batch(() => {
    refusal.value = null
    proposal.value = null
    snapped.value = null
    wantsDraft.value = false
    store.place.value = null
    mode.value = { tool: 'select' }
    preview.value = null
  })
  if (tool === 'select') return
  ensure()
    .then(() => {
      const here = scene.peek()
      if (!here) return
      mode.value = startMode(tool, here)
      if (tool === 'border' && here.grid) startAtGrid(here.grid)
      figure()
    })
    .catch(failed)
}

/** With a grid selected, its first border is in hand: the keyboard needs no map to find one. */
function startAtGrid(grid: string): void {
  const here = topology.peek()
  const arc = here && borders(here).find(({ left, right }) => left === grid || right === grid)
  if (arc) act({ kind: 'arc', key: arc.key })
}

/** Takes an edit that did not arrive from the screen; kept, it stays in the list of drawings. */
export function putAside(keep: boolean): void {
  giveUp(keep)
  act({ kind: 'back' })
}

/** Esc: drag, then drawing, then tool; false when there is nothing to step back from. */
export function stepBack(): boolean {
  if (unsent.peek()) putAside(true)
  else if (refusal.peek()) refusal.value = null
  else if (proposal.peek()) proposal.value = null
  else if (wantsDraft.peek()) wantsDraft.value = false
  else if (busy(mode.peek())) {
    const state = mode.peek()
    if (state.tool === 'border' && !state.dragging && !state.grabbed) mode.value = { ...state, arc: null, line: [], vertex: null }
    else act({ kind: 'back' })
    figure()
  } else if (mode.peek().tool !== 'select') choose('select')
  else return false
  return true
}

export function toggleSnapping(): void {
  setSnapping(!store.snapping.peek())
  snapped.value = null
  toast(t(store.snapping.peek() ? 'edit.snapOn' : 'edit.snapOff'))
}

/** Locks or unlocks the selected grid. */
export function toggleLock(): void {
  const grid = selectedGrid.peek()
  if (!grid) toast(t('edit.selectFirst'))
  else if (hindrance.peek()) choose('border')
  else void ensure().then(() => sendEdit({ kind: 'lock', grid: grid.id, locked: !grid.locked })).then((done) => done && toast(t(grid.locked ? 'edit.isUnlocked' : 'edit.isLocked', { n: numberOf(grid.id) })))
}

/** The ground that an event is about, in degrees: where a tap is, or all that a lasso went round. */
function groundOf(pointer: Pointer, here: Topology): Box | null {
  const state = mode.peek()
  if (pointer.kind === 'tap') return [...pointer.at, ...pointer.at] as Box
  if (pointer.kind !== 'up' || !('trail' in state) || state.tool === 'brush' || state.trail.length === 0) return null
  return boxOf([...state.trail.map(here.plane.from), pointer.at])
}

/** What waits for its ground; what the hand did after it comes after it. */
let following: Promise<unknown> | null = null

function onHand(pointer: Pointer): boolean {
  const here = topology.peek()
  if (!here) return false
  const ground = groundOf(pointer, here)
  if (!ground || (isHere(ground) && !following)) return give(pointer)
  // a hand that is quicker than the ground under it is followed once that is here
  const turn = (following ?? Promise.resolve()).then(() => (isHere(ground) ? null : bring(ground))).then(() => give(pointer), failed)
  following = turn
  void turn.finally(() => following === turn && (following = null))
  return false
}

function give(pointer: Pointer): boolean {
  const here = topology.peek()
  if (!here) return false
  const snap = pointer.snap
  snapped.value = snap
  const at = here.plane.to(snap?.at ?? pointer.at)
  const reach = pointer.metresPerPx * (pointer.touch ? TOUCH_PX : CATCH_PX)
  const before = mode.peek()
  if (pointer.kind === 'tap' && before.tool === 'border' && before.dragging) return false
  act({ kind: pointer.kind, hand: { at, reach } })
  const now = mode.peek()
  if (pointer.kind !== 'down') return false
  return (now.tool === 'border' && now.dragging) || ['brush', 'lasso', 'rectangle'].includes(now.tool)
}

/** The vertex in hand on the screen, for the card that goes with it. */
export const anchor = signal<{ x: number; y: number } | null>(null)
function moveAnchor(): void {
  const map = mapOnScreen.peek()
  const state = mode.peek()
  const here = topology.peek()
  const at = state.tool === 'border' && state.vertex !== null ? state.line[state.vertex] : null
  if (map && here && at) {
    const { x, y } = map.project(here.plane.from(at as XY))
    anchor.value = { x, y }
  } else anchor.value = handAt.peek()
}

/** After a save the arcs are new ones: the border that was in hand is taken up again where it was. */
function reseat(): void {
  const here = topology.peek()
  const state = mode.peek()
  if (!here || state.tool !== 'border' || !state.arc || here.arcs.some(({ key }) => key === state.arc)) return
  const last = lastVertex
  const mine = last && borders(here).filter(({ left, right }) => pairOf(left, right) === last.pair)
  let best: { key: string; index: number; away: number } | null = null
  for (const arc of mine ?? []) {
    arc.at.forEach(([lon, lat], index) => {
      const away = Math.hypot(lon - (last?.at[0] ?? 0), lat - (last?.at[1] ?? 0))
      if (!best || away < best.away) best = { key: arc.key, index, away }
    })
  }
  const found = best as { key: string; index: number } | null
  const free: BorderState = { ...state, arc: null, line: [], vertex: null, grabbed: false, dragging: false }
  mode.value = free
  if (!found) return
  act({ kind: 'arc', key: found.key })
  act({ kind: 'vertex', index: found.index })
}

const planAtWork = computed(() => planGrids.data.value?.plan.id ?? '')

/** A proposal is judged as a whole: brings its grids into view where some are out of it. */
function showProposal(): void {
  const open = proposal.value
  const map = mapOnScreen.peek()
  const corners = (open?.answer.grids ?? []).flatMap(({ id }) => {
    const [west, south, east, north] = gridById.peek().get(id)?.bbox ?? []
    return west === undefined ? [] : ([[west, south], [east, north]] as LonLat[])
  })
  if (!map || corners.length === 0) return
  const view = map.getBounds()
  if (!corners.every((at) => view.contains(at))) store.goTo.value = { bbox: boxOf(corners) as Box }
}

/** Starts the tools on the planner desk; returns how to stop. */
export function startTools(): () => void {
  readKept()
  let openedPlan = ''
  const stops = [
    followPlan(failed),
    effect(() => {
      editHand.value = mode.value.tool === 'select' ? null : onHand
      editSnaps.value = SNAPPING.has(mode.value.tool)
    }),
    effect(() => {
      const open = planAtWork.value !== '' && hindrance.value === null
      untracked(() => {
        const told = refusal.peek()
        const samePlan = planAtWork.peek() === openedPlan
        openedPlan = planAtWork.peek()
        choose('select')
        // that the plan is no draft any more was told a moment ago, and is to be read
        if (samePlan && told?.problem.code === 'plan-not-draft') refusal.value = told
        fresh.value = []
        if (open) void ensure().catch(failed)
      })
    }),
    effect(() => {
      void topology.value
      untracked(reseat)
    }),
    effect(() => {
      void [known.value, doors.value, topology.value]
      untracked(figure)
    }),
    effect(showProposal),
    effect(() => {
      // heard of again: what waits goes out
      if (live.value === 'live') untracked(() => void sendAgain())
    }),
    effect(() => {
      if (savedEdits.value === 0) return
      untracked(() => {
        const state = mode.peek()
        const here = scene.peek()
        if (here && state.tool !== 'border') mode.value = startMode(state.tool, here)
        figure()
      })
    }),
    effect(() => {
      const plan = planAtWork.value
      editDrawing.value = drawing({
        mode: mode.value,
        scene: scene.value,
        preview: preview.value,
        snap: snapped.value && mode.value.tool !== 'select' ? snapPlace() : null,
        refusal: refusal.value,
        fresh: fresh.value,
        proposal: proposal.value?.answer ?? null,
        kept: kept.value.filter((one) => one.plan === plan),
      })
      untracked(moveAnchor)
    }),
    effect(() => {
      void handAt.value
      untracked(moveAnchor)
    }),
  ]
  return () => {
    stops.forEach((stop) => stop())
    choose('select')
    editHand.value = null
    fresh.value = []
  }
}

function snapPlace(): LonLat | null {
  const at = snapped.value?.px
  const map = mapOnScreen.peek()
  if (!at || !map) return null
  const { lng, lat } = map.unproject(at)
  return [lng, lat]
}

export { keepProposal }
