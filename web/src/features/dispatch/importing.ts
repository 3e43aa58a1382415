/** A file of past reports on its way in: what is asked of the server, and what it answers. */
import { askLong } from '../../api/jobs'
import { territory } from '../../api/data'
import { t } from '../../i18n'
import type { RowProblem } from '../../ui/RowProblems'

export const SYSTEMS = ['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const
/** The fields of a row, those first that it cannot do without. */
export const FIELDS = ['key', 'reported_at', 'item', 'lon', 'lat', 'occurred_at', 'item_code', 'severity', 'description', 'accuracy_m'] as const
export type FieldName = (typeof FIELDS)[number]

/** How the file is to be read. */
export interface Reading {
  crs: string
  timezone: string
  /** Field to column, where the names of columns do not say it. */
  columns: Partial<Record<FieldName, string>>
  /** Words of the file to codes of the catalogue. */
  items: Record<string, string>
  skip: boolean
  turn: boolean
}

/** What a file held, or would bring. */
export interface Loaded {
  accepted: number
  rejected: RowProblem[]
  rejected_rows: number
  flagged: RowProblem[]
  flagged_rows: number
  warnings: string[]
  counts: Record<string, number>
  findings: { code: string; count: number; sentence: string; examples: string[] }[]
  encoding: string | null
  tallies: Record<string, Record<string, number>>
  columns: Partial<Record<FieldName, string>>
  header: string[]
  unmatched: Record<string, number>
}

/** Sends the file; `dry` only checks it, and then lists what would be refused instead of stopping at it. */
export async function sendFile(file: File, reading: Reading, dry: boolean): Promise<Loaded> {
  const body = new FormData()
  body.append('file', file)
  const place = territory.peek()?.id
  if (place) body.append('territory', place)
  body.append('crs', reading.crs)
  body.append('timezone', reading.timezone)
  body.append('mapping', JSON.stringify(reading.columns))
  body.append('items', JSON.stringify(reading.items))
  body.append('skip_rejected', String(dry || reading.skip))
  body.append('fix_swapped', String(reading.turn))
  body.append('dry_run', String(dry))
  return askLong<Loaded>(t('intake.file'), '/api/v1/incidents/import', { method: 'POST', body })
}

/** Whether rows are refused because their coordinates changed places. */
export const hasSwapped = (loaded: Loaded): boolean => loaded.rejected.some(({ reason }) => reason.includes('changed places'))
