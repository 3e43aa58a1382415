import type { JSX } from 'preact'
import { t, tOr } from '../../../i18n'
import { distance, number } from '../../../i18n/format'
import { Icon } from '../../../ui/Icon'
import { saveFile } from '../../../ui/save'
import { Empty, ErrorNote, Skeleton } from '../../../ui/states'
import { planRivers, riversCsv, type River } from './water'

function Posts({ river }: { river: River }): JSX.Element {
  return (
    <table class="table">
      <caption class="visually-hidden">{t('water.riversCaption', { river: river.name })}</caption>
      <thead>
        <tr>
          <th scope="col">{t('water.level')}</th>
          <th scope="col">{t('water.area')}</th>
          <th scope="col" class="num">
            {t('water.metres')}
          </th>
          <th scope="col" class="num">
            {t('water.share')}
          </th>
          <th scope="col">{t('water.chief')}</th>
        </tr>
      </thead>
      <tbody>
        {river.posts.map((post) => (
          <tr key={post.level + post.area.code}>
            <td>{tOr(`water.post.${post.post}`, post.post)}</td>
            <td class="ellipsis">{post.area.name}</td>
            <td class="num">{number(post.area.length_m)}</td>
            <td class="num">{number(100 * post.area.share, 1)}</td>
            <td>
              {post.holders.length ? (
                post.holders.map((each) => each.work_no).join(', ')
              ) : (
                <span class="chip warn">{t('water.open')}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The named rivers of the plan: which areas they pass at every level, and who is their chief there. */
export function Rivers(): JSX.Element {
  const data = planRivers.data.value
  if (planRivers.error.value) return <ErrorNote error={planRivers.error.value} retry={() => void planRivers.load()} />
  if (!data) return <Skeleton />
  return (
    <div class="check-tab rivers">
      {data.rivers.length === 0 && <Empty title={t('water.noRivers')} hint={t('water.noRiversHint')} />}
      {data.rivers.length > 0 && (
        <div class="row pad">
          <span class="grow small second">
            {t('water.posts')}: {t('water.postsOf', { a: number(data.filled), b: number(data.posts) })}
          </span>
          <button type="button" class="button" onClick={() => saveFile('rivers.csv', `\ufeff${riversCsv(data.rivers)}`, 'text/csv')}>
            <Icon name="download" />
            {t('water.csv')}
          </button>
        </div>
      )}
      {data.rivers.map((river) => (
        <details key={river.name} class="river" open={data.rivers.length <= 3}>
          <summary class="row">
            <span class="grow strong ellipsis">{river.name}</span>
            <span class="small muted num">{distance(river.length_m)}</span>
            <span class="chip round">{number(river.reaches)}</span>
          </summary>
          <Posts river={river} />
        </details>
      ))}
      {data.unnamed_reaches > 0 && (
        <p class="small muted pad">{t('water.unnamed', { n: number(data.unnamed_reaches), km: distance(data.unnamed_m) })}</p>
      )}
    </div>
  )
}
