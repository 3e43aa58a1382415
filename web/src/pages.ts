/** The kinds of page that an address can ask for. Pure. */

export type PageKind = 'desks' | 'phone' | 'public'

/** What `#/phone…`, `#/r/CODE` and `#/follow/TOKEN` ask for; everything else is a desk. */
export function pageOf(hash: string): PageKind {
  const [first = '', second = ''] = hash.replace(/^#?\/?/, '').split(/[/?]/)
  if (first === 'phone') return 'phone'
  return (first === 'r' || first === 'follow') && second ? 'public' : 'desks'
}
