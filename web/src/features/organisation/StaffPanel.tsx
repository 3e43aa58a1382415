import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { gridByCode } from '../../api/data'
import { lang, t } from '../../i18n'
import { code, day } from '../../i18n/format'
import { listMode } from '../../map/store'
import { DataTable, type Column } from '../../ui/DataTable'
import { CheckField, SelectField, TextField } from '../../ui/fields'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { Duty } from './Duty'
import { end, give, mayStaff, more, one, openStaff, roleName, roles, staff, wanted, words, type OneStaff, type Staff } from './organisation'

const state = (row: Staff): string => t(row.absent ? 'org.absent' : row.on_duty ? 'org.onDuty' : 'org.offDuty')
const posts = (row: Staff): string =>
  row.posts_held.map((held) => `${roleName(held.split(' ')[0] ?? '')} ${held.split(' ')[1] ?? ''}`).join(', ')
const columns = (): Column<Staff>[] => [
  { id: 'work_no', head: t('org.workNo'), cell: (row) => <span class="num">{row.work_no}</span> },
  { id: 'post', head: t('org.post'), cell: (row) => <span class="ellipsis org-cell">{row.post}</span> },
  { id: 'posts', head: t('org.posts'), cell: (row) => <span class="ellipsis org-cell">{posts(row)}</span> },
  { id: 'state', head: t('org.state'), cell: state },
  { id: 'area', head: t('org.area'), cell: (row) => row.area_name, wide: true },
]

function List(): JSX.Element {
  const found = staff.data.value
  if (staff.error.value) return <ErrorNote error={staff.error.value} retry={() => void staff.load()} />
  return (
    <>
      <div class="pad">
        <TextField id="org-find" label={t('org.find')} placeholder={t('org.findHint')} value={words.value} maxLength={80} onInput={(text) => (words.value = text)} />
      </div>
      {!found && <Skeleton />}
      {found?.staff.length === 0 && (
        <div id="table" tabIndex={-1}>
          <Empty icon="people" title={t('org.noStaff')} hint={t('org.noStaffHint')} />
        </div>
      )}
      {found && found.staff.length > 0 && (
        <div class="table-box">
          <DataTable
            id="table"
            caption={t('org.staff')}
            columns={columns()}
            rows={found.staff}
            keyOf={(row) => row.id}
            selected={null}
            order={{ column: 'work_no', down: false }}
            onOrder={() => undefined}
            onSelect={(id) => (openStaff.value = id)}
            onOpen={(id) => (openStaff.value = id)}
            rowLabel={(row) => `${row.work_no} ${row.post}`}
            tall={listMode.value}
          />
        </div>
      )}
      {found?.next && (
        <div class="row pad-row">
          <button type="button" class="button" onClick={() => void more()}>
            {t('org.more')}
          </button>
        </div>
      )}
    </>
  )
}

const form = signal({ role: 'grid_head', grid: '', share: 100, ex_officio: false, replace: false })
const failure = signal<unknown>(null)
const busy = signal(false)

async function send(to: OneStaff): Promise<void> {
  const asked = form.peek()
  const grid = gridByCode.peek().get(asked.grid.replaceAll(/\s/g, ''))
  if (!grid || busy.peek()) return
  busy.value = true
  failure.value = null
  try {
    await give({ ...asked, staff: to.id, grid: grid.id, share: asked.share / 100 })
    toast(t('org.given'))
    form.value = { ...asked, grid: '', replace: false }
    wanted.value = null
  } catch (cause) {
    failure.value = cause
  }
  busy.value = false
}

function GiveForm({ to }: { to: OneStaff }): JSX.Element {
  const now = form.value
  const set = (part: Partial<typeof now>): void => void (form.value = { ...now, ...part })
  const known = gridByCode.value.has(now.grid.replaceAll(/\s/g, ''))
  const unknown = now.grid !== '' && !known
  return (
    <form
      class="org-form pad"
      aria-label={t('org.assign')}
      onSubmit={(event) => {
        event.preventDefault()
        void send(to)
      }}
    >
      <h3>{t('org.assign')}</h3>
      <SelectField id="org-role" label={t('org.role')} value={now.role} options={(roles.data.value ?? []).map((role) => [role.code, roleName(role.code)])} onChange={(role) => set({ role })} />
      <TextField id="org-grid" label={t('org.grid')} hint={t('org.gridHint')} error={unknown ? t('org.gridUnknown') : undefined} value={now.grid} maxLength={40} onInput={(grid) => set({ grid })} />
      <TextField id="org-share" label={t('org.share')} value={String(now.share)} maxLength={3} onInput={(share) => set({ share: Math.min(100, Math.max(1, Number(share) || 1)) })} />
      <CheckField words={t('org.exOfficio')} on={now.ex_officio} change={(ex_officio) => set({ ex_officio })} />
      {now.role === 'grid_head' && <CheckField words={t('org.replace')} on={now.replace} change={(replace) => set({ replace })} />}
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <button type="submit" class="button primary" aria-disabled={!known || busy.value}>
        {t('org.give')}
      </button>
    </form>
  )
}

function Member(): JSX.Element {
  useEffect(() => {
    failure.value = null
    if (wanted.peek()) form.value = { ...form.peek(), ...wanted.peek() }
  }, [])
  const found = one.data.value
  const now = Date.now()
  if (one.error.value) return <ErrorNote error={one.error.value} retry={() => void one.load()} />
  if (!found) return <Skeleton />
  const stop = async (post: OneStaff['assignments'][number]): Promise<void> => {
    failure.value = null
    try {
      await end(post)
      toast(t('org.ended'))
    } catch (cause) {
      failure.value = cause
    }
  }
  const held = found.assignments.filter((post) => !post.until || Date.parse(post.until) > now)
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={found.work_no}>
      <div class="row pad-row">
        <button type="button" class="link" onClick={() => (openStaff.value = null)}>
          {t('org.back')}
        </button>
      </div>
      <div class="pad">
        <h2 class="card-title num">{found.work_no}</h2>
        <p class="second">{[found.name, found.post, found.unit_name, found.area_name, state(found)].filter(Boolean).join(' · ')}</p>
      </div>
      <h3 class="org-head">{t('org.posts')}</h3>
      <ul class="org-tree">
        {held.map((post) => (
          <li key={post.id} class="org-node">
            <span class="grow">
              {roleName(post.role)} <span class="num">{post.grid_code ? code(post.grid_code) : post.area_name}</span>{' '}
              <span class="small muted">
                {post.since && t('org.since', { day: day(new Date(post.since)) })} {post.until && t('org.until', { day: day(new Date(post.until)) })}
              </span>
            </span>
            {mayStaff.value && (
              <button type="button" class="button danger small" aria-label={`${t('org.end')} ${roleName(post.role)} ${post.grid_code ?? post.area_name ?? ''}`} onClick={() => void stop(post)}>
                {t('org.end')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {found.responsibilities.length > 0 && (
        <>
          <h3 class="org-head">{t('org.duties')}</h3>
          <ul class="pad small org-duties">
            {found.responsibilities.map((duty) => (
              <li key={duty.duty_en}>{lang.value === 'zh' ? duty.duty_zh : duty.duty_en}</li>
            ))}
          </ul>
        </>
      )}
      <Duty of={found} />
      {mayStaff.value ? <GiveForm to={found} /> : <p class="small second pad">{t('org.planner')}</p>}
    </div>
  )
}

/** Staff as a list, and one of them with posts, duties and a form to give another post. */
export function StaffPanel(): JSX.Element {
  return openStaff.value ? <Member key={openStaff.value} /> : <List />
}
