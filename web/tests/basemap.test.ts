import { describe, expect, it } from 'vitest'
import { readAddress, writeAddress } from '../src/map/permalink'
import { shiftAt, squaresOf, SQUARES, tilesOf } from '../src/map/shift'

describe('shift of mainland providers', () => {
  // from gis.crs.wgs84_to_gcj02
  const known: [number, number, number, number][] = [
    [116.4, 39.9, 0.0062427849, 0.0014035298],
    [121.5, 31.2, 0.0044286589, -0.0020333146],
    [87.6, 43.8, 0.0028389723, 0.0012120303],
  ]
  it('is that of the server', () => {
    for (const [lon, lat, dlon, dlat] of known) {
      const [east, north] = shiftAt(lon, lat)
      expect(east).toBeCloseTo(dlon, 9)
      expect(north).toBeCloseTo(dlat, 9)
    }
  })
  it('moves each square of a tile by the shift at its middle', () => {
    const squares = squaresOf(16, 53958, 24829)
    expect(squares).toHaveLength(SQUARES ** 2)
    for (const { left, top, fromX, fromY } of squares) {
      // some hundred metres to the north-east are about a tile of this zoom
      expect(fromX - (53958 + left)).toBeGreaterThan(0.5)
      expect(Math.hypot(fromX - 53958 - left, fromY - 24829 - top)).toBeLessThan(2)
    }
    const tiles = tilesOf(16, squares)
    expect(tiles.length).toBeGreaterThan(1)
    expect(tiles.length).toBeLessThanOrEqual(9)
  })
  it('asks for no tile beyond the world', () => {
    for (const [x, y] of tilesOf(1, squaresOf(1, 1, 0))) expect([x, y].every((each) => each === 0 || each === 1)).toBe(true)
  })
})

describe('permalink', () => {
  it('keeps the map that is drawn on', () => {
    const hash = '#/coverage?show=plain&base=aerial-2024'
    expect(writeAddress(readAddress(hash))).toBe(hash)
    expect(readAddress('#/coverage?base=../x').base).toBeNull()
  })
})

