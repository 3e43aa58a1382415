/** From the cells of a square code to its text (ISO/IEC 18004, versions 1 to 10). Pure. */
import { mend } from './correct'
import { reserved, sizeOf, split } from './shapes'

/** The cells of a code, row by row: 1 is dark. */
export interface Cells {
  version: number
  dark: Uint8Array
}

const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const FORMAT_MASK = 0x5412
/** So many of the fifteen bits of the format may be wrong. */
const FORMAT_WRONG = 3

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

function formatWord(data: number): number {
  let rest = data
  for (let k = 0; k < 10; k++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537)
  return ((data << 10) | rest) ^ FORMAT_MASK
}

const bitCount = (word: number): number => word.toString(2).replaceAll('0', '').length

/** The level and mask that a code names, in the better of its two places; null where neither can be read. */
function format({ version, dark }: Cells): { level: number; mask: number } | null {
  const size = sizeOf(version)
  const at = (x: number, y: number): number => dark[y * size + x] ?? 0
  const near = [0, 1, 2, 3, 4, 5, 7, 8].map((k) => at(8, k)).concat([7, 5, 4, 3, 2, 1, 0].map((k) => at(k, 8)))
  const far = Array.from({ length: 8 }, (_, k) => at(size - 1 - k, 8)).concat(Array.from({ length: 7 }, (_, k) => at(8, size - 7 + k)))
  const words = [near, far].map((bits) => bits.reduce((sum, bit, k) => sum | (bit << k), 0))
  let best = { data: -1, wrong: FORMAT_WRONG + 1 }
  for (let data = 0; data < 32; data++) {
    for (const word of words) {
      const wrong = bitCount(word ^ formatWord(data))
      if (wrong < best.wrong) best = { data, wrong }
    }
  }
  return best.data < 0 ? null : { level: best.data >> 3, mask: best.data & 7 }
}

/** The bytes of a code in the order in which they are laid: two columns at a time, up and down. */
function laidBytes({ version, dark }: Cells, mask: number): Uint8Array {
  const size = sizeOf(version)
  const taken = reserved(version)
  const turned = MASKS[mask] as (x: number, y: number) => boolean
  const bits: number[] = []
  let up = true
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5
    for (let k = 0; k < size; k++) {
      const y = up ? size - 1 - k : k
      for (const x of [right, right - 1]) {
        if (!taken[y * size + x]) bits.push((dark[y * size + x] ?? 0) ^ (turned(x, y) ? 1 : 0))
      }
    }
    up = !up
  }
  return Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, k) => bits.slice(k * 8, k * 8 + 8).reduce((sum, bit) => (sum << 1) | bit, 0))
}

/** The data bytes, each block mended; null when one can't be. */
function dataBytes(laid: Uint8Array, version: number, level: number): Uint8Array | null {
  const { data, correction } = split(version, level)
  const blocks = data.map((length) => new Uint8Array(length + correction))
  let next = 0
  for (let k = 0; k < Math.max(...data); k++) {
    blocks.forEach((block, b) => {
      if (k < (data[b] ?? 0)) block[k] = laid[next++] ?? 0
    })
  }
  for (let k = 0; k < correction; k++) for (const [b, block] of blocks.entries()) block[(data[b] ?? 0) + k] = laid[next++] ?? 0
  const mended = blocks.map((block) => mend(block, correction))
  if (mended.some((block) => block === null)) return null
  return Uint8Array.from(mended.flatMap((block, b) => [...(block as Uint8Array).subarray(0, data[b])]))
}

class Bits {
  private at = 0
  constructor(private readonly bytes: Uint8Array) {}
  get left(): number {
    return this.bytes.length * 8 - this.at
  }
  take(count: number): number {
    let word = 0
    for (let k = 0; k < count; k++, this.at++) word = (word << 1) | (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1)
    return word
  }
}

function digits(bits: Bits, count: number): string {
  let text = ''
  for (let rest = count; rest > 0; rest -= 3) {
    const many = Math.min(3, rest)
    text += String(bits.take([0, 4, 7, 10][many] ?? 10)).padStart(many, '0')
  }
  return text
}

function signs(bits: Bits, count: number): string {
  let text = ''
  for (let rest = count; rest > 0; rest -= 2) {
    const pair = bits.take(rest > 1 ? 11 : 6)
    text += rest > 1 ? `${SIGNS[Math.floor(pair / 45)] ?? ''}${SIGNS[pair % 45] ?? ''}` : (SIGNS[pair] ?? '')
  }
  return text
}

/** The text in the data bytes: figures, capitals, and whatever else is UTF-8. */
function words(bytes: Uint8Array, version: number): string | null {
  const bits = new Bits(bytes)
  const wide = version > 9
  let text = ''
  while (bits.left >= 4) {
    const mode = bits.take(4)
    if (mode === 0) break
    if (mode === 1) text += digits(bits, bits.take(wide ? 12 : 10))
    else if (mode === 2) text += signs(bits, bits.take(wide ? 11 : 9))
    else if (mode === 4) {
      const count = bits.take(wide ? 16 : 8)
      text += new TextDecoder().decode(Uint8Array.from({ length: count }, () => bits.take(8)))
    } else if (mode === 7) bits.take(8)
    else return null
  }
  return text
}

/** Reads the text of a code; null when it can't be read. */
export function decode(cells: Cells): string | null {
  const told = format(cells)
  if (!told) return null
  const data = dataBytes(laidBytes(cells, told.mask), cells.version, told.level)
  return data && words(data, cells.version)
}
