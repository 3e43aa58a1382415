import { describe, expect, it } from 'vitest'
import { mend } from '../src/features/phone/qr/correct'
import { decode } from '../src/features/phone/qr/decode'
import { readSquare } from '../src/features/phone/qr/read'
import { alignment, split } from '../src/features/phone/qr/shapes'

const TEXT = 'https://grid.example.org/#/r/7H2K9QXR4T'
// made by another program (segno), level M
const CODE = [
  '#######..###.......#..#######',
  '#.....#..###.#.##...#.#.....#',
  '#.###.#...#.....#####.#.###.#',
  '#.###.#..####...#.#...#.###.#',
  '#.###.#..###.#..#.#...#.###.#',
  '#.....#.###..#.######.#.....#',
  '#######.#.#.#.#.#.#.#.#######',
  '............#..######........',
  '#..#.##.#..#..#...##.#.#.....',
  '###.#..#..#.#####....###.#..#',
  '.######.#.#.##..##.#.##.####.',
  '.##.##...#.#####..##.###..##.',
  '#..######..#..##.##.###..#.##',
  '#....#..##.##...##.###.......',
  '.#..###.....#.....#..##.#####',
  '.###...##..###...####..###.#.',
  '##..#.#..##..###.##.##.....#.',
  '.#####...###..####....##.#..#',
  '#..#..##.##..#..##..#......##',
  '..#....###...#..###..###...##',
  '#....###..##..#.....#####.#..',
  '........#.#.##...##.#...#.###',
  '#######....#.##..##.#.#.#..#.',
  '#.....#.####.#.#....#...###.#',
  '#.###.#...##..#####.#####..##',
  '#.###.#.#..#.###...#..#.####.',
  '#.###.#...####.....##...###.#',
  '#.....#..##.###.######..#..#.',
  '#######.#.##.##.###.##.###.#.',
]
const SIDE = CODE.length
const dark = (x: number, y: number): boolean => CODE[y]?.[x] === '#'

interface Held {
  width: number
  height: number
  /** Pixels a cell. */
  cell: number
  turn?: number
  /** How much smaller the far side looks. */
  lean?: number
  /** Half of the picture lies in a shadow. */
  shadow?: boolean
}

/** A picture of the code as somebody holds a phone before it. */
function photo({ width, height, cell, turn = 0, lean = 0, shadow = false }: Held): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const far = 1 + (lean * (y - height / 2)) / height
      const [dx, dy] = [((x - width / 2) * far) / cell, ((y - height / 2) * far) / cell]
      const on = dark(Math.floor(dx * cos + dy * sin + SIDE / 2), Math.floor(dy * cos - dx * sin + SIDE / 2))
      const light = shadow && x > width / 2 ? 0.45 : 1
      rgba.fill((on ? 40 : 225) * light, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return rgba
}

const read = (held: Held): string | null => readSquare(photo(held), held.width, held.height)

describe('square codes', () => {
  it('are read straight, turned, held at an angle and half in a shadow', () => {
    const held: Held[] = [
      { width: 320, height: 240, cell: 6 },
      { width: 640, height: 480, cell: 5, turn: 0.5, shadow: true },
      { width: 480, height: 640, cell: 7, turn: 2.2 },
      { width: 480, height: 480, cell: 9, turn: 3.9, lean: 0.25 },
    ]
    expect(held.map(read)).toEqual(held.map(() => TEXT))
  })
  it('are not found where there is none', () => {
    expect(read({ width: 320, height: 240, cell: 0.4 })).toBeNull()
    expect(readSquare(new Uint8ClampedArray(64 * 64 * 4), 64, 64)).toBeNull()
    expect(readSquare(new Uint8ClampedArray(4), 1, 1)).toBeNull()
  })
  it('are mended up to half of their correction bytes, and refused beyond', () => {
    const cells = Uint8Array.from(CODE.join(''), (one) => (one === '#' ? 1 : 0))
    const dirty = (rows: number): string | null => decode({ version: 3, dark: cells.map((one, k) => (Math.floor(k / SIDE) < SIDE - rows || k % SIDE < 9 ? one : 0)) })
    expect([dirty(0), dirty(2), dirty(14)]).toEqual([TEXT, TEXT, null])
    const block = new Uint8Array(26)
    const wrong = (many: number): Uint8Array => block.map((_, k) => (k % 3 === 0 && k / 3 < many ? k + 7 : 0))
    expect([mend(wrong(5), 10), mend(wrong(8), 10)]).toEqual([block, null])
  })
  it('have the shapes of their standard', () => {
    expect([1, 2, 7, 10].map(alignment)).toEqual([[], [6, 18], [6, 22, 38], [6, 28, 50]])
    expect(split(3, 0)).toEqual({ data: [44], correction: 26 })
    expect(split(7, 2)).toEqual({ data: [13, 13, 13, 13, 14], correction: 26 })
  })
})
