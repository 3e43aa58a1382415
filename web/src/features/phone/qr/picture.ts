/** A picture as dark and light, and where the three corner squares of a square code lie in it. Pure. */

/** A picture: 1 is dark. */
export interface Shade {
  width: number
  height: number
  dark: Uint8Array
}
export interface Corner {
  x: number
  y: number
  /** Side of a cell, in pixels. */
  cell: number
  /** How often a line of pixels went through it. */
  seen: number
}

/** A pixel is dark that is this much darker than its neighbourhood. */
const DARKER = 0.88
const NEIGHBOURHOOD = 6

/** Tells dark from light by each pixel's neighbourhood, so that a shadow over half a plate does not matter (Bradley and Roth 2007). */
export function shade(rgba: Uint8ClampedArray, width: number, height: number): Shade {
  const row = width + 1
  const grey = new Uint8Array(width * height)
  const sums = new Float64Array(row * (height + 1))
  for (let y = 0, k = 0; y < height; y++) {
    let line = 0
    for (let x = 0; x < width; x++, k++) {
      const value = ((rgba[k * 4] ?? 0) * 2 + (rgba[k * 4 + 1] ?? 0) * 5 + (rgba[k * 4 + 2] ?? 0)) >> 3
      grey[k] = value
      line += value
      sums[(y + 1) * row + x + 1] = (sums[y * row + x + 1] ?? 0) + line
    }
  }
  const dark = new Uint8Array(width * height)
  const reach = Math.max(8, Math.floor(Math.min(width, height) / NEIGHBOURHOOD))
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - reach)
    const foot = Math.min(height, y + reach + 1)
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - reach)
      const right = Math.min(width, x + reach + 1)
      const sum = (sums[foot * row + right] ?? 0) - (sums[top * row + right] ?? 0) - (sums[foot * row + left] ?? 0) + (sums[top * row + left] ?? 0)
      dark[y * width + x] = (grey[y * width + x] ?? 0) * (right - left) * (foot - top) < sum * DARKER ? 1 : 0
    }
  }
  return { width, height, dark }
}

const SHARES = [1, 1, 3, 1, 1]

/** The side of a cell when five runs of pixels are as those of a corner square; 0 when not. */
function cellOf(runs: readonly number[]): number {
  const cell = runs.reduce((sum, run) => sum + run, 0) / 7
  const fits = runs.every((run, k) => Math.abs(run - cell * (SHARES[k] ?? 1)) < cell * (k === 2 ? 1.4 : 0.65))
  return fits && cell >= 1 ? cell : 0
}

/** Follows a line through a dark spot both ways; its five runs and the middle of the one in the middle. */
function across({ width, height, dark }: Shade, x: number, y: number, dx: number, dy: number): { cell: number; middle: number } {
  const runs = [0, 0, 0, 0, 0]
  const walk = (way: number): number => {
    let at = way > 0 ? 1 : 0
    let far = 0
    for (const [k, want] of [1, 0, 1].entries()) {
      for (; ; at++) {
        const px = x + dx * at * way
        const py = y + dy * at * way
        if (px < 0 || py < 0 || px >= width || py >= height || dark[py * width + px] !== want) break
        const run = 2 + k * way
        runs[run] = (runs[run] ?? 0) + 1
      }
      if (k === 0) far = at
    }
    return far
  }
  const ahead = walk(1)
  const behind = walk(-1)
  return { cell: cellOf(runs), middle: (ahead - behind) / 2 }
}

/** Looks along every line of pixels for corner squares; those seen most often first. */
export function corners(picture: Shade): Corner[] {
  const { width, height, dark } = picture
  const found: Corner[] = []
  for (let y = 0; y < height; y++) {
    const runs = [0, 0, 0, 0, 0]
    let colour = 0
    for (let x = 0; x <= width; x++) {
      const now = x < width ? dark[y * width + x] : 2
      if (now === colour) {
        runs[4] = (runs[4] ?? 0) + 1
        continue
      }
      if (colour === 1 && cellOf(runs)) note(picture, found, Math.round(x - (runs[4] ?? 0) - (runs[3] ?? 0) - (runs[2] ?? 0) / 2), y)
      runs.shift()
      runs.push(1)
      colour = now ?? 2
    }
  }
  return found.filter((one) => one.seen > 1).sort((a, b) => b.seen - a.seen)
}

function note(picture: Shade, found: Corner[], x: number, y: number): void {
  const down = across(picture, x, y, 0, 1)
  if (!down.cell) return
  const middleY = Math.round(y + down.middle)
  const along = across(picture, x, middleY, 1, 0)
  if (!along.cell || along.cell > down.cell * 2 || down.cell > along.cell * 2) return
  const spot = { x: x + along.middle + 0.5, y: y + down.middle + 0.5, cell: (along.cell + down.cell) / 2, seen: 1 }
  const known = found.find((one) => Math.abs(one.x - spot.x) < one.cell * 2 && Math.abs(one.y - spot.y) < one.cell * 2)
  if (!known) {
    found.push(spot)
    return
  }
  const share = 1 / (known.seen + 1)
  known.x += (spot.x - known.x) * share
  known.y += (spot.y - known.y) * share
  known.cell += (spot.cell - known.cell) * share
  known.seen += 1
}
