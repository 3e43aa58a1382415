/** Months as a territory's clock counts them. Pure. */

/** First and last day of the month that is over at a moment, in a time zone: `['2026-11-01', '2026-11-30']`. */
export function monthBefore(at: string, zone: string): [string, string] {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric', month: '2-digit' }).formatToParts(new Date(at))
  const of = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  // noon keeps the arithmetic off the borders of days
  const last = new Date(Date.UTC(of('year'), of('month') - 1, 0, 12))
  const first = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1, 12))
  return [first.toISOString().slice(0, 10), last.toISOString().slice(0, 10)]
}

/** The moment as that zone's clocks show it: `2026-12-01 06:00`. */
export function localMoment(at: string, zone: string): { day: string; clock: string } {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(new Date(at))
  const of = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return { day: `${of('year')}-${of('month')}-${of('day')}`, clock: `${of('hour')}:${of('minute')}` }
}
