/** Who else has the plan open: a chip in the desk's header. The server forgets a page after a minute. */
import { effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { call } from '../../api/client'
import { planGrids } from '../../api/data'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { gridNumber } from '../../i18n/format'
import { store } from '../../map/store'
import { mode } from './edit/state'
import { person } from './life/life'

type Present = components['schemas']['PresentOut']

const BEAT_MS = 15_000
const SETTLE_MS = 400
const NAMED = 2
const page = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
const others = signal<Present[]>([])

/** The grid in hand: the selected one while a tool is. */
const inHand = (): string | null => (mode.value.tool === 'select' || mode.value.tool === 'measure' ? null : store.grid.value)

function start(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = ''
  const beat = async (): Promise<void> => {
    clearTimeout(timer)
    const plan = planGrids.data.peek()?.plan.id
    // who is at a plan concerns all of it: accounts of some areas are not told
    if (plan && !person.peek().limited) {
      last = plan
      try {
        const { data } = await call<{ others: Present[] }>(`/api/v1/plans/${plan}/presence`, { method: 'PUT', body: { page, grid: inHand() } })
        if (planGrids.data.peek()?.plan.id === plan) others.value = data.others
      } catch {
        // who else is there is a help, not a need
        others.value = []
      }
    }
    timer = setTimeout(() => void beat(), BEAT_MS)
  }
  const leave = (): void => {
    if (last) void fetch(`/api/v1/plans/${last}/presence?page=${page}`, { method: 'DELETE', keepalive: true }).catch(() => undefined)
    last = ''
  }
  const stop = effect(() => {
    const plan = planGrids.data.value?.plan.id ?? ''
    inHand()
    if (last && plan !== last) leave()
    clearTimeout(timer)
    timer = setTimeout(() => void beat(), SETTLE_MS)
  })
  addEventListener('pagehide', leave)
  return () => {
    stop()
    clearTimeout(timer)
    removeEventListener('pagehide', leave)
    leave()
    others.value = []
  }
}

function words({ name, me, grid }: Present): string {
  if (grid) return me ? t('presence.meEditing', { n: gridNumber(grid) }) : t('presence.editing', { who: name, n: gridNumber(grid) })
  return me ? t('presence.meHere') : t('presence.here', { who: name })
}

export function Presence(): JSX.Element | null {
  useEffect(start, [])
  const all = others.value
  if (all.length === 0) return null
  const more = all.length - NAMED
  return (
    <span class="chip info presence" role="status" title={all.map(words).join('\n')}>
      {all.slice(0, NAMED).map(words).join(' · ')}
      {more > 0 && ` · ${t('presence.more', { n: more })}`}
    </span>
  )
}
