/** What a square code of a version looks like beside its content: what is no data, and how the data is split. Pure. */

/** The level of correction by its two bits in the format: M, L, H, Q. */
const EACH: readonly (readonly number[])[] = [
  [10, 16, 26, 18, 24, 16, 18, 22, 22, 26],
  [7, 10, 15, 20, 26, 18, 20, 24, 30, 18],
  [17, 28, 22, 16, 22, 28, 26, 26, 24, 28],
  [13, 22, 18, 26, 18, 24, 18, 22, 20, 24],
]
const BLOCKS: readonly (readonly number[])[] = [
  [1, 1, 1, 2, 2, 4, 4, 4, 5, 5],
  [1, 1, 1, 1, 1, 2, 2, 2, 2, 4],
  [1, 1, 2, 4, 4, 4, 5, 6, 8, 8],
  [1, 1, 2, 2, 4, 4, 6, 6, 8, 8],
]
/** Plates carry an address of some forty signs; a larger version is no plate. */
export const LARGEST = 10

export const sizeOf = (version: number): number => 17 + 4 * version

/** Centres of the small squares that hold the picture straight, along each side. */
export function alignment(version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2
  const places = [6]
  for (let place = sizeOf(version) - 7; places.length < count; place -= step) places.splice(1, 0, place)
  return places
}

/** Which cells are no data: corners, lines of alternating cells, format and version. */
export function reserved(version: number): Uint8Array {
  const size = sizeOf(version)
  const taken = new Uint8Array(size * size)
  const fill = (x0: number, y0: number, width: number, height: number): void => {
    for (let y = y0; y < y0 + height; y++) taken.fill(1, y * size + x0, y * size + x0 + width)
  }
  fill(0, 0, 9, 9)
  fill(size - 8, 0, 8, 9)
  fill(0, size - 8, 9, 8)
  fill(6, 0, 1, size)
  fill(0, 6, size, 1)
  const places = alignment(version)
  const last = places.length - 1
  places.forEach((y, row) => {
    places.forEach((x, column) => {
      const corner = (row === 0 && column === 0) || (row === 0 && column === last) || (row === last && column === 0)
      if (!corner) fill(x - 2, y - 2, 5, 5)
    })
  })
  if (version >= 7) {
    fill(size - 11, 0, 3, 6)
    fill(0, size - 11, 6, 3)
  }
  return taken
}

/** How the bytes of a version and level are split into blocks: the data bytes of each, and the correction bytes of every one. */
export function split(version: number, level: number): { data: number[]; correction: number } {
  const free = reserved(version).reduce((sum, taken) => sum + (taken ? 0 : 1), 0)
  const whole = Math.floor(free / 8)
  const correction = EACH[level]?.[version - 1] ?? 0
  const blocks = BLOCKS[level]?.[version - 1] ?? 1
  const short = Math.floor(whole / blocks)
  const long = whole % blocks
  return { data: Array.from({ length: blocks }, (_, k) => short - correction + (k >= blocks - long ? 1 : 0)), correction }
}
