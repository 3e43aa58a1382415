/** What the dialog for proposing grids holds, and what it sends: plain data in, plain data out. */
export interface Wish {
  kind: string
  target: string
  /** Households from-to, such as 240-360; empty goes by the tolerance. */
  band: string
  tolerance: string
  seed: string
  even: string[]
  /** Cost of a metre of border on a street; open ground costs 1. */
  borders: string
  rural: boolean
  keep: boolean
  /** Metres of the managed strip on either side of a water. */
  bank: string
  /** End a reach of water at every sluice, weir, lock and dam. */
  sluices: boolean
}

const TARGETS: Record<string, string> = { household: '300', natural_village: '300', micro: '65', ten_household: '10', cell: '100', water: '1000' }
/** What the engine takes for borders on streets where nobody says otherwise. */
const USUAL_BORDERS = '0.3'

/** The usual wish for a kind; what is typed for another kind stays as far as it fits. */
export function usualWish(kind: string, before?: Wish): Wish {
  const rest = before ?? { tolerance: '10', seed: '0', even: [], borders: USUAL_BORDERS, rural: false, keep: false, bank: '15', sluices: false }
  return { ...rest, kind, target: TARGETS[kind] ?? '300', band: '' }
}

/** The two numbers of a band, null where there are none. */
export function bandOf(words: string): [number, number] | null {
  const found = /^\s*(\d+)\s*[-–]\s*(\d+)\s*$/.exec(words)
  return found ? [Number(found[1]), Number(found[2])] : null
}

export const badTarget = (wish: Wish): boolean => {
  const [least, most] = wish.kind === 'water' ? [100, 20_000] : [5, 5000]
  return !(Number(wish.target) >= least && Number(wish.target) <= most)
}

export const badBank = (wish: Wish): boolean => wish.kind === 'water' && !(Number(wish.bank) >= 1 && Number(wish.bank) <= 1000)

export const badTolerance = (wish: Wish): boolean => !(Number(wish.tolerance) >= 1 && Number(wish.tolerance) <= 50)

export function badBand(wish: Wish): boolean {
  if (!wish.band.trim()) return false
  const band = bandOf(wish.band)
  return band === null || band[0] >= band[1] || Number(wish.target) < band[0] || Number(wish.target) > band[1]
}

/** What is posted to propose a plan. */
export function bodyOf(wish: Wish): Record<string, unknown> {
  const band = bandOf(wish.band)
  const body = {
    kind: wish.kind,
    target: Number(wish.target),
    tolerance: Number(wish.tolerance) / 100,
    seed: Number(wish.seed),
    ...(band ? { band } : {}),
  }
  if (wish.kind === 'water') return { ...body, bank: Number(wish.bank), ...(wish.sluices ? { cut_at: ['sluice'] } : {}) }
  if (wish.kind !== 'household') return body
  return {
    ...body,
    ...(wish.even.length ? { even: wish.even } : {}),
    ...(wish.borders !== USUAL_BORDERS ? { barrier_cost: Number(wish.borders) } : {}),
    ...(wish.rural ? { rules: 'urban_rural' } : {}),
    ...(wish.keep ? { keep: 'current' } : {}),
  }
}
