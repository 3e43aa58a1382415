/** The change set that is being made: its areas chosen, its actions so far, and what the hand draws. */
import { batch, computed, signal } from '@preact/signals'
import { areas, type AreaAction, type AreaChange, type Decision, type Made } from './areas'
import { areasAfter, type Doing, type Listed } from './actions'

/** The draft that is drawn anew; null for a new set. */
export const redrawn = signal<AreaChange | null>(null)
export const decision = signal<Decision>({ name: '', basis: '', day: '' })
export const actions = signal<AreaAction[]>([])
export const kind = signal('')
export const chosen = signal<string[]>([])
/** The action whose form is open. */
export const doing = signal<Doing | null>(null)
/** What is drawn so far, and whether it is ground (closed) or a line. */
export const places = signal<[number, number][]>([])
export const ring = signal(false)
/** Clicks on the map put a place; else they choose an area. */
export const drawing = signal(false)
/** Where the server found something wrong. */
export const fault = signal<[number, number] | null>(null)
/** What the actions so far would do. */
export const told = signal<Made | null>(null)

const present = computed<Listed[]>(() => (areas.data.value ?? []).map(({ code, name, kind, bbox }) => ({ code, name, kind, bbox })))
export const kinds = computed(() => [...new Set(present.value.map((one) => one.kind))])
/** The finest kind without a choice: what is merged and split most. */
export const kindNow = computed(() => kind.value || (['village', 'town', 'county'].find((one) => kinds.value.includes(one)) ?? kinds.value[0] ?? ''))
/** The areas that can be chosen: as the actions so far leave them. */
export const listed = computed(() => areasAfter(present.value, actions.value).filter((one) => one.kind === kindNow.value))

/** Chooses an area, or lets go of it. */
export function flip(code: string): void {
  chosen.value = chosen.value.includes(code) ? chosen.value.filter((one) => one !== code) : [...chosen.value, code]
}

/** Closes the form of an action. */
export function closeForm(): void {
  batch(() => {
    doing.value = null
    places.value = []
    drawing.value = false
    ring.value = false
    fault.value = null
  })
}

/** Begins a new set, or a draft anew. */
export function begin(draft: AreaChange | null, before: AreaAction[] = []): void {
  batch(() => {
    redrawn.value = draft
    decision.value = { name: draft?.name ?? '', basis: draft?.basis ?? '', day: draft?.effective_on ?? '' }
    actions.value = before
    chosen.value = []
    told.value = null
    closeForm()
  })
}
