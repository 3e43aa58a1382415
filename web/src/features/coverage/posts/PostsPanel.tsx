import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { resource } from '../../../api/resource'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, number, share } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Empty, ErrorNote, Skeleton } from '../../../ui/states'
import { report } from '../desk'
import type { Facilities } from '../types'

const of = signal<'facility' | 'post'>('facility')
const minutes = signal(15)

const found = resource(async (abort) => {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  return plan ? ask<Facilities>(`/api/v1/coverage/facilities${query({ plan, of: of.peek(), minutes: minutes.peek() })}`, { signal: abort }) : null
})

function Kinds({ data }: { data: Facilities }): JSX.Element {
  const heads = ['posts.kind', 'posts.count', 'posts.units', 'posts.households', 'posts.median'] as const
  return (
    <table class="table plain">
      <caption class="visually-hidden">{t('posts.table')}</caption>
      <thead>
        <tr>
          {heads.map((key, k) => (
            <th key={key} scope="col" class={k ? 'num' : ''}>
              {t(key)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {data.kinds.map((one) => (
          <tr key={one.kind}>
            <td>{tOr(`post.${one.kind}`, one.kind)}</td>
            <td class="num">{number(one.count)}</td>
            <td class="num">
              {number(one.units_with)}/{number(one.units)}
            </td>
            <td class="num">
              {share(one.households_within, one.households)} <span class="muted">({number(one.households_within)})</span>
            </td>
            <td class="num">{one.median_min === null ? '–' : number(one.median_min, 1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Facilities and staff posts: how many villages have one, and how many households can walk to one. */
export function PostsPanel(): JSX.Element {
  useEffect(() => void found.load(), [of.value, minutes.value, report.value?.run.plan_id])
  const data = found.data.value
  const words = data?.definitions
  return (
    <div class="panel-scroll">
      <div class="panel-bar row small">
        <label class="row">
          <span class="muted">{t('posts.of')}</span>
          <select class="input slim" value={of.value} onChange={(event) => (of.value = event.currentTarget.value as 'facility' | 'post')}>
            <option value="facility">{t('posts.facility')}</option>
            <option value="post">{t('posts.post')}</option>
          </select>
        </label>
        <label class="row">
          <span class="muted">{t('posts.within')}</span>
          <select class="input slim" value={String(minutes.value)} onChange={(event) => (minutes.value = Number(event.currentTarget.value))}>
            {[5, 10, 15, 30, 60].map((n) => (
              <option key={n} value={String(n)}>
                {t('posts.minutes', { n })}
              </option>
            ))}
          </select>
        </label>
      </div>
      {found.error.value && <ErrorNote error={found.error.value} retry={() => void found.load()} />}
      {!data && !found.error.value && <Skeleton rows={4} />}
      {data && data.kinds.length === 0 && <Empty icon="owner" title={t('posts.none')} hint={t('posts.noneHint')} />}
      {data && data.kinds.length > 0 && <Kinds data={data} />}
      {data && data.unreached.length > 0 && (
        <section class="pad">
          <h2>{t('posts.unreached')}</h2>
          <ul class="lines">
            {data.unreached.map((one) => (
              <li key={one.code}>
                <button type="button" class="answer-row" onClick={() => (store.grid.value = one.code)}>
                  <span class="strong key">{gridNumber(one.code)}</span>
                  <span class="grow ellipsis">{one.name}</span>
                  <span class="small second">{t('posts.unreachedHouseholds', { n: number(one.households) })}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {words && (
        <div class="pad small second stack">
          {Object.entries(words)
            .filter(([name]) => name.endsWith(`_${lang.value}`))
            .map(([name, text]) => (
              <p key={name}>{text}</p>
            ))}
        </div>
      )}
    </div>
  )
}
