/** Edits of a plan: one request each, whose answer is put on screen; what is refused or overtaken is kept. */
import { batch, signal } from '@preact/signals'
import { call, NoAnswer, Problem } from '../../../api/client'
import { askLong } from '../../../api/jobs'
import { expectOwnGrids, gridsChanged, planGrids, plans } from '../../../api/data'
import type { Grid, PlanGrids } from '../../../api/types'
import { t } from '../../../i18n'
import { gridNumber } from '../../../i18n/format'
import { store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { edits, savedAt } from '../edits'
import { askOf, gridsOf, type Command } from './commands'
import { ensure, forget, gridSeen, noteAnswer, revisionSeen } from './load'
import { movesOf } from './preview'
import { fresh, gridById, improving, kept, meeting, mode, preview, proposal, refusal, saving, scene, topology, undoable, unsent, type EditAnswer, type EditedGrid, type Kept, type Meeting, type Unsent } from './state'
import { arcsAbout, ringsOf, type Topology } from './topology'
import type { LonLat } from './plane'

/** Raised by one with every edit that was saved: tools start afresh. */
export const savedEdits = signal(0)

interface Options {
  repair?: boolean
  preview?: boolean
  /** Revisions that were looked at on the conflict screen. */
  seen?: Record<string, number>
  /** Revisions that a drawing was made on, before theirs: the answer says whether both can be kept. */
  since?: Record<string, number>
  /** Of an edit that is sent again. */
  key?: string
}
/** A larger neighbourhood takes the server a while: asked as a job, it shows progress and can be stopped. */
const AT_ONCE_GRIDS = 6

const token = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

async function request(command: Command, options: Options): Promise<EditAnswer> {
  const plan = planGrids.data.peek()?.plan.id ?? ''
  const { path, body } = askOf(command)
  const expected: Record<string, number> = {}
  const see = (ids: string[]): void => ids.forEach((id) => (expected[id] = revisionSeen(id)))
  see(gridsOf(command))
  Object.assign(expected, options.seen)
  const large = command.kind === 'improve' && command.grids.length > AT_ONCE_GRIDS
  const title = command.kind === 'improve' ? t(options.preview ? 'edit.improving' : 'edit.improvingSave', { n: command.grids.length }) : t('edit.saving')
  const send = (key: string): Promise<EditAnswer> => {
    const asked = body && { ...body, expected, ...(options.repair ? { repair: true } : {}), ...(options.preview ? { preview: true } : {}), ...(options.since ? { since: options.since } : {}) }
    const headers = { 'Idempotency-Key': key, ...(large ? { Prefer: 'respond-async' } : {}) }
    return askLong<EditAnswer>(title, `/api/v1/plans/${plan}${path}`, { method: 'POST', body: asked ?? undefined, headers })
  }
  try {
    return await send(options.key ?? token())
  } catch (cause) {
    // an edit may take ground of a grid that nobody named: the page knows that grid too
    const missing = cause instanceof Problem && cause.status === 428 ? (cause.body.missing as string[] | undefined) : undefined
    if (!missing?.every((id) => gridById.peek().has(id))) throw cause
    see(missing)
    return send(token())
  }
}

/** Does a command; true when it was saved. */
export async function sendEdit(command: Command, options: Options = {}): Promise<boolean> {
  if (saving.peek()) return false
  saving.value = true
  refusal.value = null
  const drawn = onScreen(command)
  const done = expectOwnGrids()
  const key = options.key ?? token()
  try {
    const answer = await request(command, { ...options, key })
    done(boxesOf(answer))
    applyAnswer(answer)
    savedEdits.value += 1
    return true
  } catch (cause) {
    done(null)
    if (cause instanceof Problem && cause.status === 412) await meet(drawn, cause)
    // a session that ended refused nothing: the edit goes out after the next sign-in, as after a lost connection
    else if (cause instanceof NoAnswer || (cause instanceof Problem && cause.status === 401)) wait({ command, repair: options.repair ?? false, seen: options.seen ?? {}, key })
    else if (cause instanceof Problem) refuse(command, cause)
    else toast(sentence(cause))
    return false
  } finally {
    saving.value = false
  }
}

/** Asks what a command would do, and shows it dashed; the hand may go on elsewhere meanwhile. */
export async function tryOut(command: Command): Promise<void> {
  if (improving.peek()) return
  improving.value = true
  refusal.value = null
  const drawn = onScreen(command)
  try {
    proposal.value = { command, answer: await request(command, { preview: true }) }
  } catch (cause) {
    if (cause instanceof Problem && cause.status !== 412) refuse(command, cause)
    else if (cause instanceof Problem) await meet(drawn, cause)
    else toast(sentence(cause))
  } finally {
    improving.value = false
  }
}

// ---- the server was not reached

/** Keeps an edit that did not arrive on screen, and in the list of this browser. */
function wait(edit: Omit<Unsent, 'kept'>): void {
  const open = unsent.peek()
  const drawn = edit.command.kind !== 'undo' && edit.command.kind !== 'redo'
  unsent.value = { ...edit, kept: open?.key === edit.key ? open.kept : drawn ? keepDrawing(edit.command) : '' }
}

/** Sends it again, under the same key. */
export async function sendAgain(): Promise<void> {
  const open = unsent.peek()
  if (!open || saving.peek()) return
  const saved = await sendEdit(open.command, { key: open.key, repair: open.repair, seen: open.seen })
  if (unsent.peek() !== open) return
  // refused or overtaken meanwhile: the other cards say so, and the drawing stays in the list
  unsent.value = null
  if (saved) dropKept(open.kept)
}

/** Leaves it in the list of drawings, or drops it. */
export function giveUp(keep: boolean): void {
  const open = unsent.peek()
  unsent.value = null
  if (open && !keep) dropKept(open.kept)
}

/** Does what a preview showed. */
export async function keepProposal(): Promise<void> {
  const open = proposal.peek()
  proposal.value = null
  if (open) await sendEdit(open.command)
}

type Box = [number, number, number, number]
function boxesOf(answer: EditAnswer): Box[] {
  const before = [...answer.grids.map((grid) => grid.id), ...answer.removed].map((id) => gridById.peek().get(id)?.bbox)
  return [...answer.grids.map((grid) => grid.bbox), ...before].filter((box) => box !== undefined) as Box[]
}

const plain = ({ geometry: _, area_id: __, parent_grid_id: ___, ...grid }: EditedGrid): Grid => grid

/** A plan's grids with an answer put over them. */
export function patched(data: PlanGrids, answer: Pick<EditAnswer, 'grids' | 'removed' | 'totals'>): PlanGrids {
  const now = new Map(answer.grids.map((grid) => [grid.id, grid]))
  const gone = new Set(answer.removed)
  const means = new Map(answer.totals.parents.filter((each) => each.parent_grid_id === null).map((each) => [each.area_code, each.mean_households]))
  const others = data.grids
    .filter((grid) => !now.has(grid.id) && !gone.has(grid.id))
    .map((grid) => {
      const mean = means.get(grid.area_code)
      return mean && grid.deviation !== null ? { ...grid, deviation: grid.households / mean - 1 } : grid
    })
  const grids = [...others, ...answer.grids.map(plain)].sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
  const { totals } = answer
  const quality = { ...data.plan.quality, max_deviation: totals.max_deviation, mean_deviation: totals.mean_deviation, share_within: totals.share_within, compactness: totals.compactness, exclaves: totals.exclaves, grids: totals.grids }
  return { ...data, mean_households: totals.mean_households, plan: { ...data.plan, households: totals.households, grids: totals.grids, quality }, grids }
}

/** Puts an answer on screen: table, totals, histogram and map. */
export function applyAnswer(answer: EditAnswer): void {
  const data = planGrids.data.peek()
  if (!data) return
  const chosen = data.grids.find((grid) => grid.code === store.grid.peek())
  noteAnswer(answer.grids)
  batch(() => {
    planGrids.put(patched(data, answer))
    undoable.value = { undo: answer.totals.can_undo, redo: answer.totals.can_redo }
    edits.value = answer.totals.edits
    savedAt.value = new Date()
    fresh.value = answer.grids
    preview.value = null
    if (chosen && answer.removed.includes(chosen.id)) store.grid.value = answer.grids[0]?.code ?? null
  })
  gridsChanged(answer.grids.map((grid) => grid.bbox as Box))
}

function placeOf(problem: Problem): LonLat | null {
  const { place, faults } = problem.body as { place?: unknown; faults?: { place?: unknown }[] }
  const found = Array.isArray(place) ? place : faults?.find((fault) => Array.isArray(fault.place))?.place
  return Array.isArray(found) && found.length >= 2 ? [Number(found[0]), Number(found[1])] : null
}

function refuse(command: Command, problem: Problem): void {
  const place = placeOf(problem)
  refusal.value = { command, problem, place }
  if (place) store.goTo.value = { at: place, zoom: Math.max(store.view.peek()?.zoom ?? 16, 16) }
  // somebody sent it for review or published it: the desk shows what it is now
  if (problem.code === 'plan-not-draft') void plans.load().then(() => planGrids.load()).catch((cause: unknown) => toast(sentence(cause)))
}

/** Grids of a command by the numbers that people use. */
export function labelOf(command: Command): string {
  return gridsOf(command).map((id) => gridNumber(gridById.peek().get(id)?.code ?? '?')).join(' | ')
}

// ---- somebody else was faster

function shapesOf(here: Topology | null, ids: string[], moved: ReadonlyMap<unknown, [number, number][]> | null): Record<string, LonLat[][]> {
  if (!here) return {}
  return Object.fromEntries(
    ids.map((id) => {
      const arcs = arcsAbout(here, id).map((arc) => ({ ...arc, xy: moved?.get(arc.xy) ?? arc.xy }))
      return [id, ringsOf(arcs, id).map((ring) => ring.map(here.plane.from))]
    }),
  )
}

/** What is on screen when a command is sent: the arcs may follow the other version before its answer is here. */
interface OnScreen {
  command: Command
  before: Grid[]
  shapes: (ids: string[]) => Meeting['shapes']
  mine: Meeting['mine']
}
function onScreen(command: Command): OnScreen {
  const state = mode.peek()
  const here = scene.peek()
  const arcs = topology.peek()
  const moves = state.tool === 'border' && here ? movesOf(state, here) : []
  const moved = new Map<unknown, [number, number][]>(moves.map(({ was, now }) => [was, now]))
  const grids = arcs ? [...arcs.atomsOf.keys()].map(gridSeen).filter((grid) => grid !== undefined) : []
  return {
    command: asLine(command),
    before: grids.length ? grids : [...gridById.peek().values()],
    shapes: (ids) => ({ before: shapesOf(arcs, ids, null), mine: shapesOf(arcs, ids, moved) }),
    mine: (preview.peek()?.sides ?? []).map(({ id, households, deviation }) => ({ id, households, deviation })),
  }
}

async function meet(drawn: OnScreen, problem: Problem): Promise<void> {
  const current = (problem.body.current ?? {}) as { grids?: EditedGrid[]; removed?: string[]; by?: Meeting['by'] }
  const theirs = current.grids ?? []
  const ids = [...new Set([...gridsOf(drawn.command), ...theirs.map((grid) => grid.id)])]
  const before = drawn.before.filter((grid) => ids.includes(grid.id))
  const now: Meeting = {
    command: drawn.command,
    before,
    since: Object.fromEntries(before.map((grid) => [grid.id, grid.revision])),
    by: current.by ?? null,
    theirs,
    removed: current.removed ?? [],
    shapes: drawn.shapes(ids),
    mine: drawn.mine,
    onTop: null,
  }
  meeting.value = now
  await askOnTop(now)
}

/** A vertex that moved, as a line with the vertices beside it: the vertex itself may be gone from the other version. */
function asLine(command: Command): Command {
  if (command.kind !== 'vertex') return command
  const here = topology.peek()
  const arc = here?.arcs.find((one) => one.left !== null && one.right !== null && command.grids.includes(one.left) && command.grids.includes(one.right) && one.at.some((at) => String(at) === String(command.from)))
  const at = arc?.at.findIndex((one) => String(one) === String(command.from)) ?? -1
  if (!arc || at < 0 || command.grids.length > 2) return command
  const line = arc.at.map((one, k) => (k === at ? command.to : one))
  const stretch = at > 1 && at < line.length - 2 ? line.slice(at - 1, at + 2) : line
  return { kind: 'border', grids: [arc.left as string, arc.right as string], line: stretch }
}

const revisionsOf = (open: Meeting): Record<string, number> => Object.fromEntries(open.theirs.map((grid) => [grid.id, grid.revision]))

async function askOnTop(open: Meeting): Promise<void> {
  let told: Meeting['onTop']
  try {
    if (open.removed.length) told = t('edit.gone')
    else told = await request(open.command, { preview: true, seen: revisionsOf(open), since: open.since })
  } catch (cause) {
    told = sentence(cause)
  }
  if (meeting.peek() === open) meeting.value = { ...open, onTop: told }
}

/** Takes over what the other person saved, for table, map and tools. */
async function takeTheirs(open: Meeting): Promise<void> {
  const data = planGrids.data.peek()
  if (!data) return
  const now = new Map(open.theirs.map((grid) => [grid.id, plain(grid)]))
  planGrids.put({ ...data, grids: data.grids.filter((grid) => !open.removed.includes(grid.id)).map((grid) => now.get(grid.id) ?? grid) })
  fresh.value = open.theirs
  gridsChanged(open.theirs.map((grid) => grid.bbox as Box))
  if (open.removed.length) await planGrids.load()
}

/** Keeps what the other person saved; mine is kept in the list of drawings until it is thrown away there. */
export async function useTheirs(): Promise<void> {
  const open = meeting.peek()
  if (!open) return
  meeting.value = null
  savedEdits.value += 1
  await takeTheirs(open)
}

/** Saves mine over theirs, now knowing their version. */
export async function putOnTop(): Promise<void> {
  const open = meeting.peek()
  if (!open || typeof open.onTop === 'string') return
  meeting.value = null
  await takeTheirs(open)
  await sendEdit(open.command, { seen: revisionsOf(open) })
}

/** Keeps mine in the list of drawings, and shows theirs. */
export async function keepForLater(): Promise<void> {
  const open = meeting.peek()
  if (!open) return
  keepDrawing(open.command)
  await useTheirs()
}

const KEPT = 'gridward.kept'
/** Puts a drawing in the list that this browser keeps. */
export function keepDrawing(command: Command): string {
  const plan = planGrids.data.peek()?.plan.id ?? ''
  const one: Kept = { id: token(), plan, at: new Date().toISOString(), command, label: labelOf(command) }
  writeKept([...kept.peek(), one])
  return one.id
}
export function dropKept(id: string): void {
  writeKept(kept.peek().filter((one) => one.id !== id))
}
function writeKept(list: Kept[]): void {
  kept.value = list
  try {
    localStorage.setItem(KEPT, JSON.stringify(list))
  } catch {
    // kept on this page only
  }
}
/** Reads the drawings that this browser keeps. */
export function readKept(): void {
  try {
    kept.value = JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Kept[]
  } catch {
    kept.value = []
  }
}

/** Tries a kept drawing again. */
export async function tryKept(one: Kept): Promise<void> {
  if (await sendEdit(one.command)) dropKept(one.id)
}

// ---- other requests

export const undo = (): Promise<boolean> => sendEdit({ kind: 'undo' })
export const redo = (): Promise<boolean> => sendEdit({ kind: 'redo' })

/** Copies the plan into a draft and opens it. */
export async function makeDraft(): Promise<void> {
  const from = planGrids.data.peek()?.plan
  if (!from) return
  const made = await copyPlan(from.id, {})
  toast(t('edit.draftMade', { name: made.name }))
}

/** Copies a plan into a draft, as it is or as it was seen, and opens it with its ground. */
export async function copyPlan(from: string, wish: { name?: string; as_seen?: Record<string, number> }): Promise<{ id: string; name: string }> {
  const { data } = await call<{ plan: { id: string; name: string } }>(`/api/v1/plans/${from}/draft`, { method: 'POST', body: wish })
  forget()
  store.plan.value = data.plan.id
  await plans.load()
  await planGrids.load()
  await ensure()
  return data.plan
}
