/** What the dialog for nets holds and sends: plain data in, plain data out. */
export type NetKind = 'police' | 'safety' | 'dedicated'

export const NET_KINDS: readonly NetKind[] = ['police', 'safety', 'dedicated']
export const NET_TARGETS: Record<NetKind, string> = { police: '3000', safety: '1000', dedicated: '60' }
export const isNet = (kind: string): boolean => (NET_KINDS as readonly string[]).includes(kind)

export interface NetWish {
  kind: NetKind
  target: string
  files: File[]
  crs: string
  code: string
  name: string
}

export const badNetTarget = (wish: NetWish): boolean => !(Number(wish.target) >= 5 && Number(wish.target) <= 100_000)

/** The form of an upload; fields that say nothing are left out. */
export function formOf(wish: NetWish, territoryId: string | undefined): FormData {
  const form = new FormData()
  const fields = { kind: wish.kind, territory: territoryId, crs: wish.crs, target: wish.target, code_field: wish.code.trim(), name_field: wish.name.trim() }
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value)
  for (const file of wish.files) form.append('files', file)
  return form
}
