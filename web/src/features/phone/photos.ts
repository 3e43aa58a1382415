/** Pictures made smaller on the phone: quicker to send, and without the place that cameras write into them. */
import type { Photo, Stage } from './queue/entry'

const LONGEST_PX = 1920
const THUMB_PX = 160
const QUALITY = 0.85
export const MOST_PHOTOS = 4
export const MOST_BYTES = 20_000_000
export const ACCEPTED = 'image/jpeg,image/png,image/webp,image/heic,image/heif'

/** The size of a picture whose longer side is at most `longest`. */
export function fitted(width: number, height: number, longest: number): { width: number; height: number } {
  const share = Math.min(1, longest / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) }
}

function drawn(source: ImageBitmap | HTMLCanvasElement, longest: number): Promise<Blob | null> {
  const sheet = document.createElement('canvas')
  Object.assign(sheet, fitted(source.width, source.height, longest))
  sheet.getContext('2d')?.drawImage(source, 0, 0, sheet.width, sheet.height)
  return new Promise((resolve) => sheet.toBlob(resolve, 'image/jpeg', QUALITY))
}

/** A photo from a file, drawn anew; null where the file is no picture or far too large. */
export async function photoOf(file: Blob, stage: Stage): Promise<Photo | null> {
  if (file.size > MOST_BYTES) return null
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null)
  if (!picture) return null
  const [blob, thumb] = [await drawn(picture, LONGEST_PX), await drawn(picture, THUMB_PX)]
  picture.close()
  return blob && { id: crypto.randomUUID(), stage, blob, thumb, size: blob.size, media: null }
}

const CELLS = 6

/** Blurs a square of a drawn picture beyond recognition: a few cells, each of one colour. */
export function blurSquare(sheet: HTMLCanvasElement, x: number, y: number, side: number): void {
  const ink = sheet.getContext('2d')
  if (!ink) return
  const left = Math.max(0, Math.round(x - side / 2))
  const top = Math.max(0, Math.round(y - side / 2))
  const width = Math.min(side, sheet.width - left)
  const height = Math.min(side, sheet.height - top)
  if (width < 1 || height < 1) return
  const coarse = document.createElement('canvas')
  coarse.width = coarse.height = CELLS
  coarse.getContext('2d')?.drawImage(sheet, left, top, width, height, 0, 0, CELLS, CELLS)
  ink.imageSmoothingEnabled = false
  ink.drawImage(coarse, 0, 0, CELLS, CELLS, left, top, width, height)
  ink.imageSmoothingEnabled = true
}

/** A photo whose picture was changed on a canvas. */
export async function redrawn(photo: Photo, sheet: HTMLCanvasElement): Promise<Photo> {
  const [blob, thumb] = [await drawn(sheet, LONGEST_PX), await drawn(sheet, THUMB_PX)]
  return blob ? { ...photo, blob, thumb, size: blob.size } : photo
}
