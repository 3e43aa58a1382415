import { lang, t, type Lang } from './index'

const locale = (of: Lang): string => (of === 'zh' ? 'zh-CN' : 'en-GB')
const MINUS = '−'

const formats = new Map<string, Intl.NumberFormat>()

/** The format of a language; making one costs as much as formatting a page of numbers. */
function formatOf(of: Lang, digits: number): Intl.NumberFormat {
  const key = `${of} ${digits}`
  const known = formats.get(key) ?? new Intl.NumberFormat(locale(of), { minimumFractionDigits: digits, maximumFractionDigits: digits })
  formats.set(key, known)
  return known
}

/** A number with grouped thousands and a true minus sign; `–` where there is none. */
export function number(value: number | null | undefined, digits = 0, of: Lang = lang.value): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const text = formatOf(of, digits).format(Math.abs(value))
  const zero = !/[1-9]/.test(text)
  return value < 0 && !zero ? MINUS + text : text
}

/** A signed percentage of a fraction: `+6.5`, `−2.8`, without the sign `%`. */
export function signed(fraction: number | null | undefined, digits = 1): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return '–'
  const text = number(fraction * 100, digits)
  if (!/[1-9]/.test(text)) return text
  return fraction > 0 ? `+${text}` : text
}

/** A share in percent; a rate over nothing is `–`. */
export function share(part: number | null | undefined, whole: number | null | undefined, digits = 1): string {
  if (!whole || part === null || part === undefined) return '–'
  return number((part / whole) * 100, digits)
}

/** Metres below one kilometre, kilometres above. */
export function distance(metres: number | null | undefined): string {
  if (metres === null || metres === undefined || !Number.isFinite(metres)) return '–'
  if (metres < 1000) return t('unit.m', { n: number(metres) })
  return t('unit.km', { n: number(metres / 1000, metres < 10_000 ? 2 : 1) })
}

/** A 12-digit area or grid code grouped 6-3-3(-3); other codes stay as they are. */
export function code(text: string | null | undefined): string {
  if (!text) return '–'
  if (!/^\d{12,18}$/.test(text)) return text
  const rest = text.slice(6).match(/\d{1,3}/g) ?? []
  return [text.slice(0, 6), ...rest].join(' ')
}

/** The last three digits of a grid code without leading zeros; what people call the grid. */
export function gridNumber(text: string): string {
  const tail = /(\d{1,3})$/.exec(text)?.[1]
  return tail ? String(Number(tail)) : text
}

/** Longitude and latitude to five decimals (about a metre). */
export function position(lon: number, lat: number): string {
  return `${lon.toFixed(5)}, ${lat.toFixed(5)}`
}

/** 24-hour time, with seconds. */
export function clock(date: Date): string {
  return date.toLocaleTimeString('en-GB', { hour12: false })
}

/** 24-hour time without seconds. */
export function shortClock(date: Date): string {
  return date.toLocaleTimeString('en-GB', { hour12: false, hour: '2-digit', minute: '2-digit' })
}

/** `20 Nov 2026` or `2026年11月20日`. */
export function day(date: Date, of: Lang = lang.value): string {
  if (of === 'zh') return `${date.getFullYear()}年${date.getMonth() + 1}月${date.getDate()}日`
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}

/** Day and time, or the time alone for today. */
export function moment(text: string | null | undefined, now = new Date()): string {
  if (!text) return '–'
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) return text
  if (date.toDateString() === now.toDateString()) return shortClock(date)
  return `${day(date)} ${shortClock(date)}`
}

/** Bytes as people write them. */
export function bytes(count: number): string {
  return count < 1e6 ? `${number(count / 1e3)} kB` : `${number(count / 1e6, 1)} MB`
}
