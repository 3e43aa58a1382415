import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { call, Problem } from '../../api/client'
import { incidents } from '../../api/data'
import type { Incident } from '../../api/types'
import { t } from '../../i18n'
import { moment } from '../../i18n/format'
import { Dialog } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { Answer } from '../place/Answer'
import { askHere, located, locatedError } from '../place/located'
import { placeWords, StateChip } from './Queue'

function EditDialog({ one, onClose }: { one: Incident; onClose: () => void }): JSX.Element {
  const [item, setItem] = useState(one.item)
  const [description, setDescription] = useState(one.description ?? '')
  const [failure, setFailure] = useState<unknown>(null)
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      await call(`/api/v1/incidents/${encodeURIComponent(one.no)}`, {
        method: 'PATCH',
        body: { item: item.trim(), description: description.trim() },
        headers: { 'If-Match': `"${one.revision}"` },
      })
      onClose()
      toast(t('dispatch.edited', { no: one.no }))
    } catch (cause) {
      setFailure(cause)
      if (!(cause instanceof Problem) || cause.status !== 412) return
    }
    await incidents.load()
  }
  const footer = (
    <>
      <button type="submit" form="edit-report" class="button primary" aria-disabled={!item.trim()}>
        {t('dispatch.save')}
      </button>
      <button type="button" class="button" onClick={onClose}>
        {t('common.cancel')}
      </button>
    </>
  )
  return (
    <Dialog title={t('dispatch.editTitle', { no: one.no })} onClose={onClose} footer={footer}>
      <form id="edit-report" class="stack" onSubmit={(event) => void save(event)}>
        <div class="field">
          <label for="edit-item">{t('dispatch.item')}</label>
          <input id="edit-item" class="input" data-autofocus value={item} onInput={(event) => setItem(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="edit-description">{t('dispatch.description')}</label>
          <textarea id="edit-description" class="input" value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
        </div>
        {failure !== null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}

/** One report with the answer to who, where and which cameras. */
export function IncidentCard({ one }: { one: Incident }): JSX.Element {
  const [editing, setEditing] = useState(false)
  return (
    <article class="incident-card" data-testid="incident">
      <header class="pad">
        <div class="row wrap">
          <h2 class="card-title panel-focus" tabIndex={-1}>
            {one.item}
          </h2>
          {one.severity === 'critical' && <span class="chip late">{t('dispatch.critical')}</span>}
          <StateChip one={one} />
          {one.demo && <span class="chip outline">{t('dispatch.demo')}</span>}
          <span class="grow" />
          <span class="small muted">{one.no}</span>
        </div>
        <p class="small second">{placeWords(one)}</p>
        <p class="small muted">{t('dispatch.filed', { t: moment(one.reported_at) })}</p>
        {one.description && <p class="description">{one.description}</p>}
      </header>
      <div class="place-body">
        {locatedError.value && <ErrorNote error={locatedError.value} retry={() => void askHere()} />}
        {located.value ? <Answer answer={located.value} /> : !locatedError.value && <Skeleton />}
      </div>
      <footer class="panel-foot">
        <button type="button" class="button big" onClick={() => setEditing(true)}>
          <Icon name="edit" />
          {t('dispatch.edit')}
        </button>
      </footer>
      {editing && <EditDialog one={one} onClose={() => setEditing(false)} />}
    </article>
  )
}
