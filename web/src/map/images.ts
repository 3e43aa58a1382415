/** The images that the style names (`layers/style.py`, IMAGES), drawn on a canvas in the style's own colours. */

export interface Colours {
  text: string
  halo: string
  surface: string
  accent: string
  ok: string
  warning: string
  late: string
  paused: string
  gap: string
  hatch: string
  hatch_opacity: number
  coverage: string[]
  text_muted: string
}
export interface Drawn {
  width: number
  height: number
  data: Uint8ClampedArray
}

const RATIO = 2
export const PIXEL_RATIO = RATIO

type Pen = CanvasRenderingContext2D

function canvas(width: number, height: number, draw: (pen: Pen) => void): Drawn {
  const sheet = document.createElement('canvas')
  sheet.width = width * RATIO
  sheet.height = height * RATIO
  // read back at once: on a graphics card that would wait until all else is drawn
  const pen = sheet.getContext('2d', { willReadFrequently: true })
  if (!pen) throw new Error('no 2d canvas')
  pen.scale(RATIO, RATIO)
  draw(pen)
  const { data } = pen.getImageData(0, 0, sheet.width, sheet.height)
  return { width: sheet.width, height: sheet.height, data }
}

/**
 * Parallel strokes that join at the edges of the tile: `/` rises, `\` falls. Reckoned pixel by pixel: the first
 * canvas of a page costs a slow machine a fifth of a second, and the map waits for its hatches.
 */
export function hatch(size: number, step: number, width: number, colour: string, opacity: number, rises: boolean): Drawn {
  const across = size * RATIO
  const data = new Uint8ClampedArray(4 * across * across)
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
  for (let row = 0; row < across; row++) {
    for (let column = 0; column < across; column++) {
      const [x, y] = [(column + 0.5) / RATIO, (row + 0.5) / RATIO]
      const along = (((rises ? x + y : x - y) % step) + step) % step
      const apart = Math.min(along, step - along) / Math.SQRT2
      // a pixel is as full as the stroke covers of it
      const full = Math.min(1, Math.max(0, (width / 2 - apart) * RATIO + 0.5))
      data.set([r, g, b, 255 * opacity * full], 4 * (row * across + column))
    }
  }
  return { width: across, height: across, data }
}

function disc(pen: Pen, c: Colours, centre: number, dashed = false): void {
  pen.beginPath()
  pen.arc(centre, centre, 5, 0, Math.PI * 2)
  pen.fillStyle = c.surface
  pen.fill()
  pen.lineWidth = 1.5
  pen.strokeStyle = c.text
  pen.setLineDash(dashed ? [2.2, 1.7] : [])
  pen.stroke()
  pen.setLineDash([])
}

function dot(pen: Pen, c: Colours, centre: number): void {
  pen.beginPath()
  pen.arc(centre, centre, 1.7, 0, Math.PI * 2)
  pen.fillStyle = c.text
  pen.fill()
}

const cameras: Record<string, (pen: Pen, c: Colours, m: number) => void> = {
  'gw-camera-fixed': (pen, c, m) => {
    pen.beginPath()
    pen.moveTo(m, m - 10.5)
    pen.lineTo(m + 3.4, m - 4.5)
    pen.lineTo(m - 3.4, m - 4.5)
    pen.closePath()
    pen.fillStyle = c.text
    pen.fill()
    disc(pen, c, m)
    dot(pen, c, m)
  },
  'gw-camera-full': (pen, c, m) => {
    disc(pen, c, m)
    dot(pen, c, m)
  },
  'gw-camera-unknown': (pen, c, m) => {
    disc(pen, c, m)
    pen.fillStyle = c.text
    pen.font = '700 8px Inter, sans-serif'
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillText('?', m, m + 0.6)
  },
  'gw-camera-offline': (pen, c, m) => {
    disc(pen, c, m, true)
    pen.lineWidth = 1.4
    pen.beginPath()
    pen.moveTo(m - 2, m - 2)
    pen.lineTo(m + 2, m + 2)
    pen.moveTo(m + 2, m - 2)
    pen.lineTo(m - 2, m + 2)
    pen.stroke()
  },
}

function square(c: Colours, seen: 'yes' | 'maybe' | 'no'): Drawn {
  const size = 14
  const seenColour = c.coverage[2] ?? c.text
  return canvas(size, size, (pen) => {
    pen.fillStyle = c.surface
    pen.fillRect(1.5, 1.5, 11, 11)
    if (seen === 'no') {
      pen.lineWidth = 2
      pen.strokeStyle = c.gap
      pen.strokeRect(3, 3, 8, 8)
      return
    }
    pen.fillStyle = seenColour
    if (seen === 'yes') {
      pen.fillRect(3, 3, 8, 8)
      return
    }
    pen.lineWidth = 1.6
    pen.strokeStyle = seenColour
    pen.strokeRect(3, 3, 8, 8)
    pen.beginPath()
    pen.moveTo(3, 3)
    pen.lineTo(3, 11)
    pen.lineTo(11, 11)
    pen.closePath()
    pen.fill()
  })
}

/** What an open case shows beside its pin: people, the component, likely duplicates. */
const caseMarks: Record<string, (pen: Pen, c: Colours) => void> = {
  'gw-on-shift': (pen, c) => {
    pen.fillStyle = c.accent
    pen.strokeStyle = c.surface
    pen.lineWidth = 1.5
    pen.beginPath()
    pen.roundRect(3, 3, 18, 18, 4)
    pen.fill()
    pen.stroke()
    pen.fillStyle = c.surface
    pen.beginPath()
    pen.arc(12, 9.4, 2.8, 0, Math.PI * 2)
    pen.fill()
    pen.beginPath()
    pen.arc(12, 18, 5, Math.PI, 0)
    pen.fill()
  },
  'gw-component': (pen, c) => {
    pen.fillStyle = c.surface
    pen.strokeStyle = c.text
    pen.lineWidth = 1.8
    pen.beginPath()
    pen.moveTo(12, 3)
    pen.lineTo(21, 12)
    pen.lineTo(12, 21)
    pen.lineTo(3, 12)
    pen.closePath()
    pen.fill()
    pen.stroke()
    pen.fillStyle = c.text
    pen.beginPath()
    pen.arc(12, 12, 2.2, 0, Math.PI * 2)
    pen.fill()
  },
  'gw-seen': (pen, c) => {
    pen.fillStyle = c.coverage[1] ?? c.text
    pen.globalAlpha = 0.35
    pen.fillRect(3, 5, 18, 14)
    pen.globalAlpha = 1
    pen.strokeStyle = c.coverage[2] ?? c.text
    pen.strokeRect(3, 5, 18, 14)
  },
  'gw-duplicate': (pen, c) => {
    pen.fillStyle = c.surface
    pen.strokeStyle = c.text
    pen.lineWidth = 1.5
    pen.beginPath()
    pen.arc(12, 12, 8.5, 0, Math.PI * 2)
    pen.fill()
    pen.stroke()
    pen.fillStyle = c.text
    pen.fillRect(8, 9.2, 8, 1.8)
    pen.fillRect(8, 13, 8, 1.8)
  },
}

function pinPath(pen: Pen): void {
  pen.beginPath()
  pen.moveTo(12, 29)
  pen.bezierCurveTo(9, 24, 2, 18.5, 2, 11.5)
  pen.arc(12, 11.5, 10, Math.PI, 0)
  pen.bezierCurveTo(22, 18.5, 15, 24, 12, 29)
  pen.closePath()
}

const pinMarks: Record<string, (pen: Pen, c: Colours) => void> = {
  'gw-pin-ok': (pen) => {
    pen.beginPath()
    pen.arc(12, 11.5, 3.4, 0, Math.PI * 2)
    pen.fill()
  },
  'gw-pin-soon': (pen) => {
    pen.beginPath()
    pen.moveTo(12, 6)
    pen.lineTo(17.4, 15.4)
    pen.lineTo(6.6, 15.4)
    pen.closePath()
    pen.fill()
  },
  'gw-pin-late': (pen, c) => {
    pen.beginPath()
    pen.moveTo(12, 4.2)
    pen.lineTo(19.3, 11.5)
    pen.lineTo(12, 18.8)
    pen.lineTo(4.7, 11.5)
    pen.closePath()
    pen.fill()
    pen.fillStyle = c.late
    pen.fillRect(11.1, 7.6, 1.8, 4.8)
    pen.fillRect(11.1, 13.5, 1.8, 1.8)
  },
  'gw-pin-paused': (pen) => {
    pen.fillRect(8.2, 7, 2.6, 9)
    pen.fillRect(13.2, 7, 2.6, 9)
  },
  'gw-pin-open': (pen) => {
    pen.beginPath()
    pen.arc(12, 11.5, 3.4, 0, Math.PI * 2)
    pen.fill()
  },
  'gw-pin-here': (pen) => {
    pen.beginPath()
    pen.arc(12, 11.5, 3.4, 0, Math.PI * 2)
    pen.fill()
  },
  'gw-pin-critical': (pen) => {
    pen.beginPath()
    pen.moveTo(13.5, 5)
    pen.lineTo(7.8, 12.8)
    pen.lineTo(11.4, 12.8)
    pen.lineTo(10.4, 18)
    pen.lineTo(16.2, 10.2)
    pen.lineTo(12.6, 10.2)
    pen.closePath()
    pen.fill()
  },
  'gw-pin-closed': (pen) => {
    pen.lineWidth = 2.2
    pen.beginPath()
    pen.moveTo(7.8, 11.8)
    pen.lineTo(10.8, 14.8)
    pen.lineTo(16.2, 8.6)
    pen.stroke()
  },
}

/** What the fill of a pin says; the others are in the colour of text. */
function pinColour(name: string, c: Colours): string {
  const colours: Record<string, string> = {
    'gw-pin-critical': c.late, 'gw-pin-here': c.accent, 'gw-pin-closed': c.paused, 'gw-pin-ok': c.ok, 'gw-pin-soon': c.warning,
    'gw-pin-late': c.late, 'gw-pin-paused': c.paused,
  }
  return colours[name] ?? c.text
}

function drawPin(pen: Pen, name: string, c: Colours): void {
  pinPath(pen)
  pen.fillStyle = pinColour(name, c)
  pen.fill()
  pen.lineWidth = 1.5
  pen.strokeStyle = c.surface
  pen.stroke()
  pen.fillStyle = c.surface
  pen.strokeStyle = c.surface
  pinMarks[name]?.(pen, c)
}

/** A small disc with a flash at the shoulder of a pin: critical, whatever its clock says. */
function badge(pen: Pen, c: Colours): void {
  pen.beginPath()
  pen.arc(26.5, 7.5, 6.5, 0, Math.PI * 2)
  pen.fillStyle = c.late
  pen.fill()
  pen.lineWidth = 1.5
  pen.strokeStyle = c.surface
  pen.stroke()
  pen.translate(18.5, -0.7)
  pen.scale(0.68, 0.72)
  pen.fillStyle = c.surface
  pinMarks['gw-pin-critical']?.(pen, c)
}

function pin(name: string, c: Colours): Drawn {
  const clock = /^gw-pin-critical-(\w+)$/.exec(name)?.[1]
  if (!clock) return canvas(24, 30, (pen) => drawPin(pen, name, c))
  // as far to the left as to the right of the tip
  return canvas(34, 32, (pen) => {
    pen.save()
    pen.translate(5, 2)
    drawPin(pen, `gw-pin-${clock}`, c)
    pen.restore()
    badge(pen, c)
  })
}

/** Draws the image of a name in the colours of a style; null for a name that the style does not have. */
export function drawImage(name: string, c: Colours): Drawn | null {
  if (name === 'gw-hatch-under') return hatch(8, 8, 1.2, c.hatch, c.hatch_opacity, true)
  if (name === 'gw-hatch-over') return hatch(8, 4, 1.2, c.hatch, c.hatch_opacity, false)
  if (name === 'gw-hatch-gap') return hatch(8, 8, 1.1, c.gap, 0.75, true)
  if (name === 'gw-hatch-gap-band') return hatch(16, 16 / 3, 1.1, c.gap, 0.75, true)
  if (name in cameras) return canvas(22, 22, (pen) => cameras[name]?.(pen, c, 11))
  if (name in pinMarks || name.startsWith('gw-pin-critical-')) return pin(name, c)
  if (name in caseMarks) return canvas(24, 24, (pen) => caseMarks[name]?.(pen, c))
  if (name === 'gw-place-yes') return square(c, 'yes')
  if (name === 'gw-place-maybe') return square(c, 'maybe')
  if (name === 'gw-place-no') return square(c, 'no')
  return null
}

/** The image as an address for `<img>`, for legends. */
export function imageAddress(name: string, c: Colours): string | null {
  const drawn = drawImage(name, c)
  if (!drawn) return null
  const sheet = document.createElement('canvas')
  sheet.width = drawn.width
  sheet.height = drawn.height
  const image = new ImageData(new Uint8ClampedArray(drawn.data), drawn.width, drawn.height)
  sheet.getContext('2d')?.putImageData(image, 0, 0)
  return sheet.toDataURL('image/png')
}
