import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../../api/client'
import type { Grid, Plan } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { code, number } from '../../../i18n/format'
import type { GridNet, Share } from './nets'
import { isNet } from './wish'

interface Line {
  key: string
  what: string
  where: string
  share: number | null
  households: number
}

const SHOWN = 8
const floorsOf = (net: GridNet): string => (net.floor_low == null || net.floor_high == null ? '' : ` · ${t('nets.floors', { low: net.floor_low, high: net.floor_high })}`)

async function linesOf(plan: Plan, grid: Grid, signal: AbortSignal): Promise<Line[]> {
  if (isNet(plan.kind)) {
    const { shares } = await ask<{ shares: Share[] }>(`/api/v1/plans/${plan.id}/shares?grid=${grid.id}`, { signal })
    return shares
      .map((row) => ({
        key: row.grid_id ?? 'outside',
        what: row.grid_code ? code(row.grid_code) : t('nets.outside'),
        where: row.grid_name ?? '',
        share: row.share_of_net,
        households: row.households,
      }))
      .sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  }
  const { nets } = await ask<{ nets: GridNet[] }>(`/api/v1/grids/${grid.id}/nets`, { signal })
  return nets.map((net) => ({
    key: net.id,
    what: `${tOr(`planKind.${net.kind}`, net.kind)} ${code(net.code)}`,
    where: [net.name, net.zone].filter(Boolean).join(' · ') + floorsOf(net),
    share: net.share_of_grid,
    households: net.households,
  }))
}

/** Which professional grids share the selected household grid, or which household grids a net's grid lies on. */
export function NetsOfGrid({ plan, grid }: { plan: Plan; grid: Grid }): JSX.Element | null {
  const [lines, setLines] = useState<Line[] | null>(null)
  const net = isNet(plan.kind)
  useEffect(() => {
    const stop = new AbortController()
    setLines(null)
    linesOf(plan, grid, stop.signal).then(setLines, () => undefined)
    return () => stop.abort()
  }, [plan.id, plan.revision, grid.id])
  if (lines === null || (!net && plan.kind !== 'household')) return null
  return (
    <section class="nets-of-grid" aria-label={t(net ? 'nets.lying' : 'nets.sharing')}>
      <p class="small strong">{t(net ? 'nets.lying' : 'nets.sharing')}</p>
      {lines.length === 0 && <p class="small second">{t(net ? 'nets.unmapped' : 'nets.none')}</p>}
      <ul class="small">
        {lines.slice(0, SHOWN).map((line) => (
          <li key={line.key} class="row">
            <span class="ellipsis">{line.what}</span>
            <span class="grow second ellipsis">{line.where}</span>
            <span class="num">{t('nets.share', { share: line.share === null ? '–' : number(line.share * 100, 1) })}</span>
            <span class="num">
              {number(line.households)} {t('unit.households')}
            </span>
          </li>
        ))}
      </ul>
      {lines.length > SHOWN && <p class="small muted">+ {number(lines.length - SHOWN)}</p>}
    </section>
  )
}
