import type { ComponentChildren, JSX } from 'preact'
import { t } from '../../i18n'
import { Icon } from '../../ui/Icon'
import { panel } from './panels'

/** The frame of what stands in the panel instead of a case: its name, what belongs beside it, and the way out. */
export function PanelFrame({ title, beside, children }: { title: string; beside?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return (
    <section class="report-form tool-panel" aria-label={title}>
      <header class="row pad">
        <h2 class="grow panel-focus" tabIndex={-1}>
          {title}
        </h2>
        {beside}
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (panel.value = null)}>
          <Icon name="close" />
        </button>
      </header>
      <div class="report-body stack">{children}</div>
    </section>
  )
}
