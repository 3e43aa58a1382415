/** Days of the calendar. Pure. */

/** Today as `2026-11-22`, on this machine's calendar. */
export function today(now = new Date()): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}
