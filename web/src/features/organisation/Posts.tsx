import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { gridByCode } from '../../api/data'
import { t } from '../../i18n'
import { code, day } from '../../i18n/format'
import { CheckField, NumberField, SelectField, TextField } from '../../ui/fields'
import { toast } from '../../ui/toast'
import { changePost } from './changes'
import { DoingForm } from './Doing'
import { Moment } from './Moment'
import { end, give, mayStaff, roleName, roles, tree, wanted, type OneStaff } from './organisation'

type Post = OneStaff['assignments'][number]
const HEAD = 'grid_head'
/** The beginning of a day on the wall, as the server takes moments; null for no day. */
const midnight = (text: string): string | null => (text ? new Date(`${text}T00:00`).toISOString() : null)
const pad = (value: number): string => String(value).padStart(2, '0')
const dayIn = (moment: string | null): string => {
  if (!moment) return ''
  const at = new Date(moment)
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
}
const placeOf = (post: Post): string => (post.grid_code ? code(post.grid_code) : (post.area_name ?? ''))

function ChangePost({ post, done }: { post: Post; done: () => void }): JSX.Element {
  const draft = useSignal({ share: Math.round(post.share * 100), ex_officio: post.ex_officio, until: dayIn(post.until) })
  const now = draft.value
  const set = (part: Partial<typeof now>): void => void (draft.value = { ...draft.peek(), ...part })
  const send = async (): Promise<void> => {
    const { share, ex_officio, until } = draft.peek()
    await changePost(post, { share: share / 100, ex_officio, ...(until === dayIn(post.until) ? {} : { until: midnight(until) }) })
    toast(t('org.saved'))
    done()
  }
  return (
    <DoingForm label={t('org.changePost', { role: roleName(post.role), place: placeOf(post) })} submit={t('org.save')} onSubmit={send}>
      <NumberField id="post-share" label={t('org.share')} value={now.share} low={1} high={100} whole live put={(share) => set({ share })} />
      <CheckField id="post-office" words={t('org.exOfficio')} on={now.ex_officio} change={(ex_officio) => set({ ex_officio })} />
      <Moment id="post-until" type="date" label={t('org.postUntil')} hint={t('org.postUntilHint')} value={now.until} onInput={(until) => set({ until })} />
    </DoingForm>
  )
}

function PostRow({ post, onFail }: { post: Post; onFail: (cause: unknown) => void }): JSX.Element {
  const open = useSignal(false)
  const stop = (): void => void end(post).then(() => (onFail(null), toast(t('org.ended'))), onFail)
  const named = `${roleName(post.role)} ${post.grid_code ?? post.area_name ?? ''}`
  return (
    <li>
      <div class="org-node">
        <span class="grow">
          {roleName(post.role)} <span class="num">{placeOf(post)}</span>{' '}
          <span class="small muted">
            {[
              post.share < 1 && t('org.shareOf', { n: Math.round(post.share * 100) }),
              post.ex_officio && t('org.exOfficio'),
              post.since && t('org.since', { day: day(new Date(post.since)) }),
              post.until && t('org.until', { day: day(new Date(post.until)) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
        {mayStaff.value && (
          <>
            <button type="button" class="button small" aria-expanded={open.value} aria-label={`${t('org.change')} ${named}`} onClick={() => (open.value = !open.value)}>
              {t('org.change')}
            </button>
            <button type="button" class="button danger small" aria-label={`${t('org.end')} ${named}`} onClick={stop}>
              {t('org.end')}
            </button>
          </>
        )}
      </div>
      {open.value && <ChangePost key={post.revision} post={post} done={() => (open.value = false)} />}
    </li>
  )
}

/** The posts that somebody holds or will hold: each may be changed or ended. */
export function Posts({ of, onFail }: { of: OneStaff; onFail: (cause: unknown) => void }): JSX.Element {
  const now = Date.now()
  const held = of.assignments.filter((post) => !post.until || Date.parse(post.until) > now)
  return (
    <>
      <h3 class="org-head">{t('org.posts')}</h3>
      {held.length === 0 && <p class="small second pad">{t('org.noPosts')}</p>}
      <ul class="org-tree">
        {held.map((post) => (
          <PostRow key={post.id} post={post} onFail={onFail} />
        ))}
      </ul>
    </>
  )
}

const NEW = { role: HEAD, where: 'grid', grid: '', area: '', share: 100, ex_officio: false, since: '', until: '', replace: false }
const form = signal(NEW)
const gridOf = (text: string) => gridByCode.value.get(text.replaceAll(/\s/g, ''))

/** A form that gives a post: a role for one grid, or for an area, from a day and to a day. */
export function GiveForm({ to }: { to: OneStaff }): JSX.Element {
  useEffect(() => {
    if (wanted.peek()) form.value = { ...form.peek(), ...wanted.peek(), where: 'grid' }
  }, [])
  const now = form.value
  const set = (part: Partial<typeof NEW>): void => void (form.value = { ...form.peek(), ...part })
  const inGrid = now.role === HEAD || now.where === 'grid'
  const grid = gridOf(now.grid)
  const why = inGrid ? (grid ? '' : t('org.gridNeeded')) : now.area ? '' : t('org.areaNeeded')
  const send = async (): Promise<void> => {
    const { role, share, ex_officio, since, until, replace, area } = form.peek()
    await give({ staff: to.id, role, grid: inGrid ? (gridOf(form.peek().grid)?.id ?? null) : null, area: inGrid ? null : area, share: share / 100, ex_officio, since: midnight(since), until: midnight(until), replace: role === HEAD && replace })
    toast(t('org.given'))
    set({ grid: '', replace: false })
    wanted.value = null
  }
  return (
    <DoingForm label={t('org.assign')} submit={t('org.give')} why={why} onSubmit={send}>
      <SelectField id="org-role" label={t('org.role')} value={now.role} options={(roles.data.value ?? []).map((role) => [role.code, roleName(role.code)])} onChange={(role) => set({ role })} />
      {now.role !== HEAD && <SelectField id="org-where" label={t('org.forWhat')} value={now.where} options={[['grid', t('org.aGrid')], ['area', t('org.anArea')]]} onChange={(where) => set({ where })} />}
      {inGrid ? (
        <TextField id="org-grid" label={t('org.grid')} hint={t('org.gridHint')} error={now.grid !== '' && !grid ? t('org.gridUnknown') : undefined} value={now.grid} maxLength={40} onInput={(text) => set({ grid: text })} />
      ) : (
        <SelectField id="org-area" label={t('org.area')} value={now.area} options={[['', t('org.nobody')], ...(tree.data.value?.areas ?? []).map((area): [string, string] => [area.id, `${area.name} ${area.code}`])]} onChange={(area) => set({ area })} />
      )}
      <NumberField id="org-share" label={t('org.share')} value={now.share} low={1} high={100} whole live put={(share) => set({ share })} />
      <Moment id="org-since" type="date" label={t('org.postSince')} hint={t('org.postSinceHint')} value={now.since} onInput={(since) => set({ since })} />
      <Moment id="org-until" type="date" label={t('org.postUntil')} hint={t('org.postUntilHint')} value={now.until} onInput={(until) => set({ until })} />
      <CheckField id="org-office" words={t('org.exOfficio')} on={now.ex_officio} change={(ex_officio) => set({ ex_officio })} />
      {now.role === HEAD && <CheckField id="org-replace" words={t('org.replace')} on={now.replace} change={(replace) => set({ replace })} />}
    </DoingForm>
  )
}
