/** Grids in words, for cards, lists and the live region. */
import { t, tOr } from '../../../i18n'
import { gridNumber, number, signed } from '../../../i18n/format'
import type { Side } from './figures'
import { edits } from '../edits'
import { gridById } from './state'
import type { Tool } from './modes'

/** What people call a grid: its number. */
export const numberOf = (id: string | null | undefined): string => gridNumber(gridById.value.get(id ?? '')?.code ?? '–')
export const nameOf = (id: string): string => gridById.value.get(id)?.name ?? ''
export const toolName = (tool: Tool): string => tOr(`edit.tool.${tool}`, tool)
/** How many edits stand in the plan. */
export const editWords = (): string => t(edits.value === 1 ? 'edit.edit' : 'edit.edits', { n: number(edits.value) })
/** Parcels are known by short numbers of their own. */
export const atomNumber = (id: number): string => String(id)

export const inBand = (side: Side, tolerance: number): boolean => Math.abs(side.deviation) <= tolerance + 1e-9

/** A side's figures as a sentence. */
export function sideWords(side: Side, tolerance: number, fresh: string | null): string {
  return t('edit.liveSide', {
    n: fresh ?? numberOf(side.id),
    h: number(side.households),
    d: signed(side.deviation),
    b: t(inBand(side, tolerance) ? 'edit.inBand' : 'edit.outOfBand'),
    p: t(side.onePiece ? 'edit.onePiece' : 'edit.pieces'),
  })
}
