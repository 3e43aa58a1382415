import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, number, share } from '../../../i18n/format'
import { gridByCode } from '../../../api/data'
import { store } from '../../../map/store'
import { Empty, ErrorNote, Skeleton } from '../../../ui/states'
import { report } from '../desk'
import { narrow } from '../narrow'
import type { Facilities } from '../types'
import { found, reach, setWalk, walk, whole } from './state'
import { MINUTES } from './walk'

const kindWords = (kind: string): string => tOr(`post.${kind}`, kind)

function Asked(): JSX.Element {
  const { of, minutes, kind } = walk.value
  const kinds = found.data.value?.kinds ?? []
  return (
    <div class="panel-bar row wrap small">
      <label class="row">
        <span class="muted">{t('posts.of')}</span>
        <select class="input slim" value={of} onChange={(event) => setWalk({ of: event.currentTarget.value as 'facility' | 'post' })}>
          <option value="facility">{t('posts.facility')}</option>
          <option value="post">{t('posts.post')}</option>
        </select>
      </label>
      <label class="row">
        <span class="muted">{t('posts.within')}</span>
        <select class="input slim" value={String(minutes)} onChange={(event) => setWalk({ minutes: Number(event.currentTarget.value) })}>
          {MINUTES.map((n) => (
            <option key={n} value={String(n)}>
              {t('posts.minutes', { n })}
            </option>
          ))}
        </select>
      </label>
      <label class="row">
        <span class="muted">{t('posts.drawn')}</span>
        <select class="input slim" value={kind ?? ''} onChange={(event) => setWalk({ kind: event.currentTarget.value || null })}>
          <option value="">{t('posts.drawnAll')}</option>
          {kinds.map((one) => (
            <option key={one.kind} value={one.kind}>
              {kindWords(one.kind)}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function Kinds({ data }: { data: Facilities }): JSX.Element {
  const heads = ['posts.kind', 'posts.count', 'posts.withOne', 'posts.reach', 'posts.medianShort'] as const
  const all = whole.value
  const pick = (kind: string | null): void => setWalk({ kind: walk.peek().kind === kind ? null : kind })
  return (
    <table class="table plain posts-table">
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
          <tr key={one.kind} class={walk.value.kind === one.kind ? 'pinned' : ''} onClick={() => pick(one.kind)}>
            <th scope="row">
              <button
                type="button"
                class="link plain-link"
                aria-pressed={walk.value.kind === one.kind}
                aria-label={t('posts.show', { kind: kindWords(one.kind) })}
                onClick={(event) => {
                  event.stopPropagation()
                  pick(one.kind)
                }}
              >
                {kindWords(one.kind)}
              </button>
            </th>
            <td class="num">{number(one.count)}</td>
            <td class="num">
              {number(one.units_with)}/{number(one.units)}
            </td>
            <td class="num">
              {share(one.households_within, one.households)} {!narrow.value && <span class="muted">({number(one.households_within)})</span>}
            </td>
            <td class="num">{one.median_min === null ? '–' : number(one.median_min, 1)}</td>
          </tr>
        ))}
      </tbody>
      {all && (
        <tfoot>
          <tr>
            <th scope="row">{t('posts.any')}</th>
            <td class="num">{number(all.count)}</td>
            <td class="num" />
            <td class="num">
              {share(all.households_within, all.households)} {!narrow.value && <span class="muted">({number(all.households_within)})</span>}
            </td>
            <td class="num" />
          </tr>
        </tfoot>
      )}
    </table>
  )
}

/** Villages and towns, all kinds together. */
function ByArea({ data }: { data: Facilities }): JSX.Element | null {
  if (data.areas.length < 2) return null
  return (
    <details class="pad">
      <summary class="strong">{t('posts.areas')}</summary>
      <table class="table plain">
        <thead>
          <tr>
            <th scope="col">{t('posts.area')}</th>
            <th scope="col" class="num">
              {t('posts.count')}
            </th>
            <th scope="col" class="num">
              {t('posts.areaWithin')}
            </th>
          </tr>
        </thead>
        <tbody>
          {data.areas.map((one) => (
            <tr key={one.id}>
              <td class="ellipsis">{one.name || one.code}</td>
              <td class="num">{number(one.count)}</td>
              <td class="num">{share(one.households_within, one.households)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function goTo(code: string): void {
  store.grid.value = code
  const bbox = gridByCode.peek().get(code)?.bbox
  if (bbox) store.goTo.value = { bbox }
}

function Unreached({ data }: { data: Facilities }): JSX.Element | null {
  if (data.unreached.length === 0) return null
  return (
    <section class="pad">
      <h2>{t('posts.unreached')}</h2>
      <ul class="lines">
        {data.unreached.map((one) => (
          <li key={one.code}>
            <button type="button" class="answer-row" aria-current={store.grid.value === one.code} onClick={() => goTo(one.code)}>
              <span class="strong key">{gridNumber(one.code)}</span>
              <span class="grow ellipsis">{one.name}</span>
              <span class="small second">{t('posts.unreachedHouseholds', { n: number(one.households) })}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Facilities and staff posts: how many villages have one, who can walk to one, and from which streets. */
export function PostsPanel(): JSX.Element {
  const { of, minutes, kind } = walk.value
  const plan = report.value?.run.plan_id
  useEffect(() => void found.load(), [of, minutes, plan])
  useEffect(() => void reach.load(), [of, minutes, kind, plan])
  const data = found.data.value
  const words = data?.definitions
  const failure = found.error.value ?? reach.error.value
  return (
    <div class="panel-scroll" aria-busy={found.loading.value || reach.loading.value}>
      <Asked />
      {failure && <ErrorNote error={failure} retry={() => void Promise.all([found.load(), reach.load()])} />}
      {!data && !failure && <Skeleton rows={4} />}
      {data && data.kinds.length === 0 && <Empty icon="owner" title={t('posts.none')} hint={t('posts.noneHint')} />}
      {data && data.kinds.length > 0 && (
        <div class="table-box">
          <Kinds data={data} />
        </div>
      )}
      {data && <ByArea data={data} />}
      {data && <Unreached data={data} />}
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
