/** Codes of plates: typed, or read from the square code on them. Pure. */

const CODE = /^[A-Z0-9]{4,20}$/

/** The code of a plate in what was typed or scanned: the code alone, or the address that the plate carries. */
export function plateCode(text: string): string | null {
  const given = text.trim()
  const address = /#\/r\/([^/?#\s]+)/.exec(given)
  const code = decodeOr(address?.[1] ?? given)
    .replace(/[\s-]/g, '')
    .toUpperCase()
  return CODE.test(code) ? code : null
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
