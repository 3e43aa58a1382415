/** The one owner of map state: every desk reads and writes these signals, the map only follows them. */
import { batch, computed, effect, signal } from '@preact/signals'
import { lang, preferredLang, type Lang } from '../i18n'
import { pageOf } from '../pages'
import { readAddress, signInCode, writeAddress, type Address, type Desk, type MapTheme, type View } from './permalink'

export type Theme = 'light' | 'dark'

export const remembered = (name: string): string | null => {
  try {
    return localStorage.getItem(`gridward.${name}`)
  } catch {
    return null
  }
}
export const remember = (name: string, value: string): void => {
  try {
    localStorage.setItem(`gridward.${name}`, value)
  } catch {
    // A browser that forbids storage only forgets the choice.
  }
}

/** A place that was asked about. */
export interface Place {
  lon: number
  lat: number
  accuracy_m: number | null
}

export const store = {
  desk: signal<Desk>('coverage'),
  territory: signal<string | null>(null),
  plan: signal<string | null>(null),
  /** Where the map looks; written by the map, and by whoever opened the address. */
  view: signal<View | null>(null),
  /** Set to move the map; the map clears it. */
  goTo: signal<{ bbox?: [number, number, number, number]; at?: [number, number]; zoom?: number } | null>(null),
  grid: signal<string | null>(null),
  hover: signal<string | null>(null),
  incident: signal<string | null>(null),
  camera: signal<string | null>(null),
  place: signal<Place | null>(null),
  /** A click on the map gives a place to the report form instead of asking what is there. */
  picking: signal(false),
  /** Takes the number of a pin that is clicked, while a form asks for a case; else the click opens it. */
  casePicker: signal<((no: string) => void) | null>(null),
  layerChoice: signal<string[]>([]),
  mapThemeChoice: signal<MapTheme | null>(null),
  /** The map of others that ours is drawn on; null is the usual one. */
  base: signal<string | null>(null),
  filter: signal<string | null>(null),
  sort: signal<string | null>(null),
  /** The plan (at the coverage desk: the run) that the one at work is compared with. */
  compare: signal<string | null>(null),
  /** The coverage run on screen; null is the plan's newest. */
  run: signal<string | null>(null),
  /** The area whose grids are shown, by its code. */
  area: signal<string | null>(null),
  /** The day whose plan is shown; null is now. */
  at: signal<string | null>(null),
  /** The part of the coverage desk in the panel; null is its first. */
  part: signal<string | null>(null),
  /** Whose reach on foot is shown, how far, and of which kind: `post/10/clinic`. */
  walk: signal<string | null>(null),
  /** The saved proposal that is open on the map. */
  proposal: signal<string | null>(null),
  listChosen: signal(false),
  /** Null until tried; then why the map cannot be drawn, or the empty string. */
  mapFailure: signal<string | null>(null),
  theme: signal<Theme>('light'),
  cursor: signal<{ lon: number; lat: number } | null>(null),
  letterKeys: signal(remembered('letterKeys') !== 'off'),
  /** What is drawn snaps to streets, rivers and buildings. */
  snapping: signal(remembered('snapping') !== 'off'),
  /** Phone: the map is on demand. */
  phoneMap: signal(false),
}

const langAsked = signal<Lang | null>(null)
const themeAsked = signal<Theme | null>(null)

/** What each desk's map shows before anyone chose otherwise. */
export const deskTheme: Record<Desk, MapTheme> = {
  planner: 'deviation',
  areas: 'plain',
  organisation: 'plain',
  dispatch: 'plain',
  coverage: 'coverage',
  reports: 'plain',
}
/** Layers that a desk leaves out of the catalogue's own choice. */
export const deskHides: Record<Desk, string[]> = {
  areas: ['grids', 'cells', 'river_reaches', 'view_sheds', 'gaps', 'key_places', 'cameras', 'incidents'],
  planner: ['view_sheds', 'gaps', 'key_places', 'cameras', 'incidents'],
  organisation: ['view_sheds', 'gaps', 'key_places', 'cameras', 'incidents'],
  dispatch: ['gaps', 'key_places', 'view_sheds'],
  coverage: ['incidents'],
  reports: [],
}

export const mapTheme = computed<MapTheme>(() => store.mapThemeChoice.value ?? deskTheme[store.desk.value])
/** The page is in list mode: chosen, or forced because no map can be drawn. */
export const listMode = computed(() => store.listChosen.value || Boolean(store.mapFailure.value))

/** Whether a catalogue layer is drawn. */
export function layerShown(id: string, visibleByDefault: boolean): boolean {
  const choice = store.layerChoice.value
  if (choice.includes(id)) return true
  if (choice.includes(`-${id}`)) return false
  return visibleByDefault && !deskHides[store.desk.value].includes(id)
}

/** Shows or hides a catalogue layer. */
export function showLayer(id: string, show: boolean, visibleByDefault: boolean): void {
  const rest = store.layerChoice.value.filter((name) => name !== id && name !== `-${id}`)
  const own = visibleByDefault && !deskHides[store.desk.value].includes(id)
  store.layerChoice.value = show === own ? rest : [...rest, show ? id : `-${id}`]
}

/** Goes to another desk: its own theme and layers, the same place and grid. */
export function openDesk(desk: Desk): void {
  batch(() => {
    store.desk.value = desk
    store.mapThemeChoice.value = null
    store.layerChoice.value = []
    store.filter.value = null
    store.sort.value = null
    store.compare.value = null
    store.run.value = null
    store.area.value = null
    store.at.value = null
    store.part.value = null
    store.walk.value = null
    store.proposal.value = null
    store.picking.value = false
    store.phoneMap.value = false
  })
}

export function setLang(next: Lang): void {
  langAsked.value = next
  lang.value = next
  remember('lang', next)
}

export function setTheme(next: Theme): void {
  themeAsked.value = next
  store.theme.value = next
  remember('theme', next)
}

export function setLetterKeys(on: boolean): void {
  store.letterKeys.value = on
  remember('letterKeys', on ? 'on' : 'off')
}

export function setSnapping(on: boolean): void {
  store.snapping.value = on
  remember('snapping', on ? 'on' : 'off')
}

/** Takes over everything that an address says. */
export function applyAddress(address: Address): void {
  batch(() => {
    store.desk.value = address.desk
    store.territory.value = address.territory
    store.plan.value = address.plan
    store.view.value = address.view
    store.grid.value = address.grid
    store.incident.value = address.incident
    store.layerChoice.value = address.layers
    store.mapThemeChoice.value = address.mapTheme
    store.base.value = address.base
    store.filter.value = address.filter
    store.sort.value = address.sort
    store.compare.value = address.compare
    store.run.value = address.run
    store.area.value = address.area
    store.at.value = address.at
    store.part.value = address.part
    store.walk.value = address.walk
    store.proposal.value = address.proposal
    store.camera.value = address.camera
    store.listChosen.value = address.list
    langAsked.value = address.lang
    themeAsked.value = address.theme
    lang.value = address.lang ?? (remembered('lang') as Lang | null) ?? preferredLang(navigator.languages)
    store.theme.value = address.theme ?? (remembered('theme') as Theme | null) ?? browserTheme()
  })
}

function browserTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** The address of what is on screen. */
export const address = computed<Address>(() => ({
  desk: store.desk.value,
  territory: store.territory.value,
  plan: store.plan.value,
  view: store.view.value,
  grid: store.grid.value,
  incident: store.incident.value,
  layers: store.layerChoice.value,
  mapTheme: store.mapThemeChoice.value,
  base: store.base.value,
  filter: store.filter.value,
  sort: store.sort.value,
  compare: store.compare.value,
  run: store.run.value,
  area: store.area.value,
  at: store.at.value,
  part: store.part.value,
  walk: store.walk.value,
  proposal: store.proposal.value,
  camera: store.camera.value,
  list: store.listChosen.value,
  lang: langAsked.value,
  theme: themeAsked.value,
}))

/** The code of a one-time link that was opened where the page is already; it does not stay in the address. */
export const signInLink = signal<string | null>(null)

/** Keeps the address bar and the page's language and colours in step with the store. */
export function startAddress(): void {
  applyAddress(readAddress(location.hash))
  let written = ''
  // the phone's and the public's addresses are not the desks': the page is about to begin anew with one of them
  const foreign = (): boolean => pageOf(location.hash) !== 'desks'
  effect(() => {
    const hash = writeAddress(address.value)
    if (hash === location.hash || foreign()) return
    const deskChanged = written !== '' && written.split('?')[0] !== hash.split('?')[0]
    written = hash
    if (deskChanged) history.pushState(null, '', hash)
    else history.replaceState(null, '', hash)
  })
  addEventListener('popstate', () => {
    const code = signInCode(location.hash)
    if (code !== null) {
      // what is on screen stays: the link only says who is there
      history.replaceState(null, '', written || location.pathname)
      signInLink.value = code
    } else if (location.hash !== written && !foreign()) {
      const next = readAddress(location.hash)
      applyAddress(next)
      if (next.view) store.goTo.value = { at: [next.view.lon, next.view.lat], zoom: next.view.zoom }
    }
  })
  effect(() => {
    document.documentElement.dataset.theme = store.theme.value
    document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
  })
}
