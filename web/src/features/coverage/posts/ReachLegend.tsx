import type { JSX } from 'preact'
import { t, tOr } from '../../../i18n'
import { number } from '../../../i18n/format'
import { onFoot, reach, walk } from './state'

/** What is drawn while the reach on foot is on the map. */
export function ReachLegend(): JSX.Element | null {
  if (!onFoot.value) return null
  const { minutes, kind, of } = walk.value
  const told = reach.data.value
  return (
    <div class="reach-legend card small" data-testid="reach-legend" role="status">
      <span class="row">
        <span class="swatch line reach" aria-hidden="true" />
        {told ? t('posts.legend', { n: number(minutes) }) : t('posts.reachWaits')}
      </span>
      {told && (
        <span class="row">
          <span class="post-dot" aria-hidden="true" />
          {kind ? tOr(`post.${kind}`, kind) : t(of === 'post' ? 'posts.post' : 'posts.facility')}: {t('posts.legendPosts', { n: number(told.posts.length) })}
        </span>
      )}
    </div>
  )
}
