/** Lines of the audit trail as the server sends them, and what the page makes of them. */
import type { components } from '../../api/schema'

type Schemas = components['schemas']
export type Line = Schemas['LineOut']
export type Lines = Schemas['LinesOut']
export type Chain = Schemas['ChainOut']

export interface Change {
  table: string
  counts: [verb: string, rows: number][]
}

/** What a line says was changed: how many rows of which tables. */
export function changesOf(line: Pick<Line, 'details'>): Change[] {
  const changed = line.details['changed']
  if (typeof changed !== 'object' || changed === null) return []
  return Object.entries(changed as Record<string, Record<string, number>>).map(([table, counts]) => ({ table, counts: Object.entries(counts) }))
}

/** What a line tells besides what was changed, such as the role that was given or the address of a sign-in. */
export function particularsOf(line: Pick<Line, 'details'>): [name: string, value: string][] {
  return Object.entries(line.details)
    .filter(([name, value]) => name !== 'changed' && value !== null && value !== '')
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value)])
}

/** The filters of the form as a query; times are those of this machine's clock. */
export function queryOf(said: FormData): string {
  const query = new URLSearchParams()
  for (const [name, value] of said.entries()) {
    const text = String(value).trim()
    if (text) query.set(name, name === 'since' || name === 'until' ? new Date(text).toISOString() : text)
  }
  return query.toString()
}
