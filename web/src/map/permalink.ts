/** The address of what is on screen. Pure: text in, state out, and back. */

export const DESKS = ['planner', 'areas', 'organisation', 'dispatch', 'coverage', 'reports'] as const
export type Desk = (typeof DESKS)[number]
export const MAP_THEMES = ['plain', 'deviation', 'coverage'] as const
export type MapTheme = (typeof MAP_THEMES)[number]

export interface View {
  zoom: number
  lat: number
  lon: number
}
export interface Address {
  desk: Desk
  territory: string | null
  plan: string | null
  view: View | null
  grid: string | null
  incident: string | null
  /** Layers that differ from the desk's own choice: `gaps`, `-buildings`. */
  layers: string[]
  mapTheme: MapTheme | null
  /** The map that ours is drawn on; `none` where one is usual. */
  base: string | null
  filter: string | null
  sort: string | null
  /** The plan (at the coverage desk: the run) that the one at work is compared with. */
  compare: string | null
  /** The coverage run on screen; the plan's newest without one. */
  run: string | null
  /** The area whose grids are shown, by its code. */
  area: string | null
  /** The day whose plan is shown, as `2026-11-22`. */
  at: string | null
  /** The part of the desk in the panel; its first one without. */
  part: string | null
  /** Whose reach on foot is shown: `post/10/clinic`. */
  walk: string | null
  /** The saved proposal that is open. */
  proposal: string | null
  camera: string | null
  list: boolean
  lang: 'en' | 'zh' | null
  theme: 'light' | 'dark' | null
}

const one = <T extends string>(text: string | null, allowed: readonly T[]): T | null =>
  allowed.find((value) => value === text) ?? null

/** Reads `15.2/60.17019/24.94601`; nonsense gives null. */
export function readView(text: string | null): View | null {
  const parts = (text ?? '').split('/').map(Number)
  const [zoom, lat, lon] = parts
  if (parts.length !== 3 || zoom === undefined || lat === undefined || lon === undefined) return null
  if (![zoom, lat, lon].every(Number.isFinite) || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null
  return { zoom: Math.min(Math.max(zoom, 0), 24), lat, lon }
}

/** Writes a view to five decimals, about a metre. */
export function writeView(view: View): string {
  return `${view.zoom.toFixed(2)}/${view.lat.toFixed(5)}/${view.lon.toFixed(5)}`
}

/** Reads the part of the address after `#`. */
export function readAddress(hash: string): Address {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?')
  const values = new URLSearchParams(search)
  return {
    desk: one(path, DESKS) ?? 'coverage',
    territory: values.get('territory'),
    plan: values.get('plan'),
    view: readView(values.get('map')),
    grid: values.get('grid'),
    incident: values.get('report'),
    layers: (values.get('layers') ?? '').split(',').filter((name) => /^-?[a-z_]+$/.test(name)),
    mapTheme: one(values.get('show'), MAP_THEMES),
    base: /^[a-z][a-z0-9-]{0,30}$/.test(values.get('base') ?? '') ? values.get('base') : null,
    filter: values.get('filter'),
    sort: values.get('sort'),
    compare: values.get('compare'),
    run: values.get('run'),
    area: values.get('area'),
    at: /^\d{4}-\d{2}-\d{2}$/.test(values.get('at') ?? '') ? values.get('at') : null,
    part: values.get('part'),
    walk: values.get('walk'),
    proposal: values.get('proposal'),
    camera: values.get('camera'),
    list: values.get('list') === '1',
    lang: one(values.get('lang'), ['en', 'zh'] as const),
    theme: one(values.get('theme'), ['light', 'dark'] as const),
  }
}

/** Writes the part of the address after `#`; what is not set is left out. */
export function writeAddress(address: Address): string {
  const values = new URLSearchParams()
  const set = (name: string, value: string | null): void => {
    if (value) values.set(name, value)
  }
  set('territory', address.territory)
  set('plan', address.plan)
  set('map', address.view && writeView(address.view))
  set('grid', address.grid)
  set('report', address.incident)
  set('layers', address.layers.join(','))
  set('show', address.mapTheme)
  set('base', address.base)
  set('filter', address.filter)
  set('sort', address.sort)
  set('compare', address.compare)
  set('run', address.run)
  set('area', address.area)
  set('at', address.at)
  set('part', address.part)
  set('walk', address.walk)
  set('proposal', address.proposal)
  set('camera', address.camera)
  set('list', address.list ? '1' : null)
  set('lang', address.lang)
  set('theme', address.theme)
  // Slashes and commas are legal after `#`: keep the address readable.
  const text = values.toString().replaceAll('%2F', '/').replaceAll('%2C', ',').replaceAll('%3A', ':')
  return `#/${address.desk}${text ? `?${text}` : ''}`
}

/** What a sign-in link opens: its address without the code, which must not stay in it. */
export function addressAfterSignIn(hash: string): string {
  const values = new URLSearchParams(hash.split('?')[1] ?? '')
  values.delete('code')
  const rest = values.toString()
  return rest ? `#/coverage?${rest}` : ''
}

/** The one-time code of `#/sign-in?code=…`, or null. */
export function signInCode(hash: string): string | null {
  const match = /^#?\/?sign-in\?(.*)$/.exec(hash)
  return match ? new URLSearchParams(match[1]).get('code') : null
}
