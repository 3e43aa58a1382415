/** Which unit leads for each of the marked cases. */
import { signal } from '@preact/signals'
import { ask } from '../../api/client'
import type { DeskAnswer, Incident } from '../../api/types'
import { answer } from './desk'
import type { Order, Unit } from './sending'

type Named = Pick<Incident, 'no' | 'revision'>
/** By number and revision, since a case may get another item or place; null where no unit leads. */
export type Leads = ReadonlyMap<string, Unit | null>
export const leads = signal<Leads>(new Map())

export const leadKey = ({ no, revision }: Named): string => `${no} ${revision}`

/** Marked cases by the unit that leads for each, and those for which none does; null while one isn't known. */
export function byLead(rows: readonly Named[], known: Leads): { orders: Order[]; leaderless: string[] } | null {
  const orders = new Map<string, Order>()
  const leaderless: string[] = []
  for (const row of rows) {
    const unit = known.get(leadKey(row))
    if (unit === undefined) return null
    if (unit === null) leaderless.push(row.no)
    else {
      const order = orders.get(unit.code) ?? { unit, cases: [] }
      order.cases.push({ no: row.no, revision: row.revision })
      orders.set(unit.code, order)
    }
  }
  return { orders: [...orders.values()], leaderless }
}

/** So few questions at once leave the browser a connection for everything else. */
const AT_ONCE = 3
const coming = new Map<string, Promise<void>>()

async function findOne(row: Named): Promise<void> {
  const now = answer.peek()
  const inHand = now?.case.incident.no === row.no && now.case.incident.revision === row.revision ? now : null
  const { lead_unit: unit } = inHand ?? (await ask<DeskAnswer>(`/api/v1/incidents/${encodeURIComponent(row.no)}/answer`))
  leads.value = new Map(leads.peek()).set(leadKey(row), unit)
}

/** Asks who leads for those of which it isn't known yet. */
export async function findLeads(rows: readonly Named[]): Promise<void> {
  const open = rows.filter((row) => !leads.peek().has(leadKey(row)))
  const work = async (): Promise<void> => {
    for (let row = open.shift(); row; row = open.shift()) {
      const key = leadKey(row)
      const asked = coming.get(key) ?? findOne(row).finally(() => coming.delete(key))
      coming.set(key, asked)
      await asked
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Forgets who leads: by the next marks it may be another. */
export const forgetLeads = (): void => void (leads.value = new Map())
