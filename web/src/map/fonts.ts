/** Fonts are loaded before the map draws with them: MapLibre keeps the glyphs that it drew first. */

const HAN = /\p{Script=Han}/u
const LATIN_SAMPLE = 'Aa0Āő'
const HAN_SAMPLE = '网格长'
const RARE_SAMPLE = '谼'
let hanLoaded = false

/** Whether a text holds Chinese characters. */
export const hasHan = (text: string): boolean => HAN.test(text)

/** Loads the fonts for Latin text on the map. */
export async function loadLatin(): Promise<void> {
  const faces = ['500', '600'].map((weight) => document.fonts.load(`${weight} 24px Inter`, LATIN_SAMPLE))
  await Promise.allSettled(faces)
}

/** Loads the fonts for Chinese text on the map; true when they were not there before. */
export async function loadHan(): Promise<boolean> {
  if (hanLoaded) return false
  await Promise.allSettled([
    document.fonts.load('500 24px "Noto Sans SC"', HAN_SAMPLE),
    document.fonts.load('700 24px "Noto Sans SC"', HAN_SAMPLE),
    document.fonts.load('400 24px "Gridward Rare Han"', RARE_SAMPLE),
  ])
  hanLoaded = true
  return true
}
