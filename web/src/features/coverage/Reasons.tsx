import type { JSX } from 'preact'
import type { CoverageGrid } from '../../api/types'
import { lang, t } from '../../i18n'
import { gridNumber, number } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { gaps } from './desk'
import { gapName, gapWords, openGap } from './GapsPanel'

const MOST = 5

/** The worst gaps of a grid; each can be gone to. */
function Worst({ code }: { code: string }): JSX.Element | null {
  const found = (gaps.data.value?.gaps ?? []).filter((gap) => gap.grid_code === code).slice(0, MOST)
  if (found.length === 0) return null
  return (
    <ul class="lines small" aria-label={t('cov.gapTable')}>
      {found.map((gap) => (
        <li key={gap.id}>
          <button type="button" class="answer-row" onClick={() => openGap(gap)}>
            <Icon name="target" />
            <span class="strong">{gapName(gap)}</span>
            <span class="grow ellipsis second">{gapWords(gap)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Why the selected grid has gaps, each reason with its amount. */
export function Reasons({ row }: { row: CoverageGrid }): JSX.Element {
  return (
    <section class="reasons" aria-label={t('coverage.reasons')} data-testid="reasons">
      <div class="row">
        <span class="strong">{gridNumber(row.code)}</span>
        <span class="grow ellipsis">{row.name}</span>
        <span class="small muted">
          {t('coverage.incidents')} {number(row.incidents)}
        </span>
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (store.grid.value = null)}>
          <Icon name="close" />
        </button>
      </div>
      <h2 class="small second">{t('coverage.reasons')}</h2>
      {row.reasons.length === 0 && <p class="small muted">{t('coverage.noReasons')}</p>}
      <ul class="small">
        {row.reasons.map((reason) => (
          <li key={reason.kind + reason.text_en}>{lang.value === 'zh' ? reason.text_zh : reason.text_en}</li>
        ))}
      </ul>
      <Worst code={row.code} />
    </section>
  )
}
