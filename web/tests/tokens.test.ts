import { describe, expect, it } from 'vitest'
import css from '../src/styles/tokens.css?raw'

type Tokens = Record<string, string>

function block(css: string, theme: 'light' | 'dark'): Tokens {
  const body = css.split(`[data-theme='${theme}'] {`)[1]?.split('}')[0] ?? ''
  return Object.fromEntries([...body.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1] ?? '', m[2] ?? '']))
}
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

const grounds = ['bg', 'sf', 'sf2', 'sf3']
const texts: [string, string[]][] = [
  ['tx', [...grounds, 'ac-s']],
  ['tx2', [...grounds, 'ac-s']],
  ['tx3', grounds],
  ['ac', ['sf', 'sf2', 'ac-s']],
  ['on-ac', ['ac', 'ac-h']],
  ['ok', ['sf', 'ok-s']],
  ['wn', ['sf', 'wn-s']],
  ['lt', ['sf', 'lt-s']],
  ['ps', ['sf', 'ps-s']],
  ['sf', ['tx']],
]
const graphics: [string, string[]][] = [
  ['bds', ['sf', 'sf2']],
  ['ok-f', ['sf']],
  ['wn-f', ['sf']],
  ['lt-f', ['sf']],
  ['ac', grounds],
]

describe.each(['light', 'dark'] as const)('tokens, %s', (theme) => {
  const tokens = block(css, theme)
  it.each(texts)('text %s is read on its grounds (4.5)', (name, on) => {
    for (const ground of on) {
      expect(contrast(tokens[name] ?? '', tokens[ground] ?? ''), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })
  it.each(graphics)('graphic %s is seen on its grounds (3)', (name, on) => {
    for (const ground of on) {
      expect(contrast(tokens[name] ?? '', tokens[ground] ?? ''), `${name} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })
})
