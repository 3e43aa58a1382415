/** Mends the bytes of one block of a square code (Reed and Solomon 1960; Berlekamp 1968; Forney 1965). Pure. */

const POWER = new Uint8Array(512)
const LOG = new Uint8Array(256)
for (let k = 0, value = 1; k < 255; k++) {
  POWER[k] = POWER[k + 255] = value
  LOG[value] = k
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0)
}

const power = (k: number): number => POWER[((k % 255) + 255) % 255] ?? 0
const log = (value: number): number => LOG[value] ?? 0
const times = (a: number, b: number): number => (a && b ? power(log(a) + log(b)) : 0)
const over = (a: number, b: number): number => (a ? power(log(a) - log(b)) : 0)
/** The value of a polynomial, its lowest term first. */
const value = (terms: readonly number[], x: number): number => terms.reduceRight((sum, term) => times(sum, x) ^ term, 0)

function syndromes(block: Uint8Array, correction: number): number[] {
  return Array.from({ length: correction }, (_, k) => block.reduce((sum, byte) => times(sum, power(k)) ^ byte, 0))
}

/** The polynomial whose roots tell where the wrong bytes are. */
function locator(found: readonly number[]): number[] {
  let now = [1]
  let before = [1]
  let length = 0
  let gap = 1
  let last = 1
  found.forEach((syndrome, n) => {
    let difference = syndrome
    for (let k = 1; k <= length; k++) difference ^= times(now[k] ?? 0, found[n - k] ?? 0)
    if (difference === 0) {
      gap += 1
      return
    }
    const factor = over(difference, last)
    const next = Array.from({ length: Math.max(now.length, before.length + gap) }, (_, k) => (now[k] ?? 0) ^ times(factor, before[k - gap] ?? 0))
    if (2 * length <= n) {
      length = n + 1 - length
      before = now
      last = difference
      gap = 1
    } else gap += 1
    now = next
  })
  return now.slice(0, length + 1)
}

/** Returns the block with its wrong bytes mended; null when there are too many. */
export function mend(block: Uint8Array, correction: number): Uint8Array | null {
  const found = syndromes(block, correction)
  if (found.every((one) => one === 0)) return block
  const places = locator(found)
  const wrong = [...block.keys()].filter((k) => value(places, power(-(block.length - 1 - k))) === 0)
  if (wrong.length !== places.length - 1 || wrong.length * 2 > correction) return null
  const sizes = Array.from({ length: correction }, (_, n) => places.reduce((sum, term, k) => sum ^ times(term, found[n - k] ?? 0), 0))
  const slope = places.map((term, k) => (k % 2 ? term : 0)).slice(1)
  const mended = block.slice()
  for (const k of wrong) {
    const root = power(-(block.length - 1 - k))
    const size = over(times(value(sizes, root), power(block.length - 1 - k)), value(slope, root))
    mended[k] = (mended[k] ?? 0) ^ size
  }
  return syndromes(mended, correction).every((one) => one === 0) ? mended : null
}
