// Fonts come packed for browsers (WOFF: each table deflated); the PDF of a report embeds plain TrueType.
import { readFileSync, writeFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'

export function unpackFont(source, target) {
  const packed = readFileSync(source)
  if (packed.toString('latin1', 0, 4) !== 'wOFF') throw new Error(`${source} is not WOFF`)
  const count = packed.readUInt16BE(12)
  const tables = Array.from({ length: count }, (_, k) => {
    const at = 44 + 20 * k
    const [offset, size, length, sum] = [4, 8, 12, 16].map((step) => packed.readUInt32BE(at + step))
    const body = packed.subarray(offset, offset + size)
    return { tag: packed.subarray(at, at + 4), sum, length, body: size < length ? inflateSync(body) : body }
  })
  const power = 2 ** Math.floor(Math.log2(count))
  const head = Buffer.alloc(12 + 16 * count)
  packed.copy(head, 0, 4, 8)
  ;[count, 16 * power, Math.log2(power), 16 * (count - power)].forEach((value, k) => head.writeUInt16BE(value, 4 + 2 * k))
  let place = head.length
  const parts = [head]
  tables.forEach(({ tag, sum, length, body }, k) => {
    tag.copy(head, 12 + 16 * k)
    ;[sum, place, length].forEach((value, step) => head.writeUInt32BE(value, 16 + 16 * k + 4 * step))
    parts.push(body, Buffer.alloc(-length & 3))
    place += length + (-length & 3)
  })
  writeFileSync(target, Buffer.concat(parts))
}
