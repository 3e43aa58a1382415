/** Codes of plates: typed, or read from the square code on them; the last sign checks the others. Pure. */

// as casework/plate_codes.py: no 0 and O, no 1 and I, no U
const SIGNS = '23456789ABCDEFGHJKLMNPQRSTVWXYZ'
const LENGTH = 10

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function checkOf(body: string): string {
  const sum = [...body].reduce((total, sign, k) => total + SIGNS.indexOf(sign) * (k + 2), 0)
  return SIGNS[(SIGNS.length - (sum % SIGNS.length)) % SIGNS.length] ?? ''
}

/** The code of a plate in what was typed or scanned, the code alone or the address that the plate carries; null for a mistyped one. */
export function plateCode(text: string): string | null {
  const given = text.trim()
  const address = /#\/r\/([^/?#\s]+)/.exec(given)
  const code = decodeOr(address?.[1] ?? given)
    .replace(/[\s-]/g, '')
    .toUpperCase()
  if (code.length !== LENGTH || [...code].some((sign) => !SIGNS.includes(sign))) return null
  return checkOf(code.slice(0, -1)) === code.at(-1) ? code : null
}
