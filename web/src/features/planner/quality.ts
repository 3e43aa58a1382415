/** The quality report of the plan at work: asked for while its panel is open, and again when what it rests on changed. */
import { signal } from '@preact/signals'
import { ask } from '../../api/client'
import { planId } from '../../api/data'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import { number } from '../../i18n/format'
import { t } from '../../i18n'

type Schemas = components['schemas']
export type Quality = Schemas['QualityOut']
export type QualityFigure = Schemas['QualityFigureOut']
export type QualityGrid = Schemas['QualityGridOut']
export type Verdict = QualityGrid['verdict']
export type LimitPair = { ok: number; watch: number }

export const PRINCIPLES = ['population', 'service', 'resources', 'functions'] as const
/** The figure whose grids are listed. */
export const figureAt = signal('walk_p95_min')
export const editingLimits = signal(false)

export const quality = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<Quality>(`/api/v1/plans/${id}/quality`, { signal: abort }) : null
})

/** Makes limits the territory's own; figures without one get the usual limits again. */
export async function saveLimits(limits: Record<string, LimitPair>): Promise<void> {
  const id = planId.peek()
  if (!id) return
  quality.data.value = await ask<Quality>(`/api/v1/plans/${id}/quality/limits`, { method: 'PUT', body: { limits } })
}

const RANK: Record<Verdict, number> = { bad: 3, watch: 2, ok: 1, none: 0 }
export const rank = (verdict: Verdict | undefined): number => RANK[verdict ?? 'none']

/** Shares are shown and set in percent. */
const factor = (unit: QualityFigure['unit']): number => (unit === 'share' ? 100 : 1)
export const shown = (value: number, unit: QualityFigure['unit']): number => Number((value * factor(unit)).toPrecision(10))
export const meant = (value: number, unit: QualityFigure['unit']): number => value / factor(unit)

export function unitWord(unit: QualityFigure['unit']): string {
  if (unit === 'share') return '%'
  if (unit === 'min') return t('quality.min')
  return { km2: 'km²', m2: 'm²', m: 'm' }[unit as string] ?? ''
}

/** A value with its unit; `–` where there is none. */
export function figureText(value: number | null | undefined, unit: QualityFigure['unit']): string {
  if (value === null || value === undefined) return '–'
  const digits = unit === 'number' ? 2 : unit === 'count' ? 0 : 1
  return `${number(value * factor(unit), digits)} ${unitWord(unit)}`.trim()
}

/** What a figure should reach, such as `≤ 15 min`. */
export function wanted(figure: QualityFigure): string {
  if (!figure.better || figure.ok === null) return ''
  const digits = Number.isInteger(shown(figure.ok, figure.unit)) ? 0 : 2
  // counts are summed over the plan, but a limit is for one grid
  const unit = figure.unit === 'count' ? t('quality.each') : unitWord(figure.unit)
  return `${figure.better === 'less' ? '≤' : '≥'} ${number(shown(figure.ok, figure.unit), digits)} ${unit}`.trim()
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The grids as CSV, one row each, with a mark so that spreadsheets read UTF-8. */
export function asCsv(data: Quality, lang: 'en' | 'zh'): string {
  const judged = (figure: QualityFigure): boolean => figure.better !== null
  const head = [
    t('grid.grid'),
    t('grid.name'),
    t('kind.area'),
    data.measure === 'metres' ? t('quality.metres') : t('grid.households'),
    t('quality.verdict'),
    ...data.figures.flatMap((figure) => {
      const title = [figure.title[lang], unitWord(figure.unit)].filter(Boolean).join(', ')
      return judged(figure) ? [title, t('quality.verdict')] : [title]
    }),
  ]
  const rows = data.grids.map((grid) => [
    grid.code,
    grid.name,
    grid.area_name,
    String(grid.size),
    t(`quality.${grid.verdict}`),
    ...data.figures.flatMap((figure) => {
      const value = grid.values[figure.id]
      const text = value === null || value === undefined ? '' : String(shown(value, figure.unit))
      return judged(figure) ? [text, t(`quality.${grid.verdicts[figure.id] ?? 'none'}`)] : [text]
    }),
  ])
  return '\ufeff' + [head, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n'
}
