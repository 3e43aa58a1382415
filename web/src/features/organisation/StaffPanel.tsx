import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { lang, t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode } from '../../map/store'
import { DataTable, type Column } from '../../ui/DataTable'
import { SearchField } from '../../ui/fields'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { Duty } from './Duty'
import { mayStaff, more, one, openStaff, roleName, staff, words, type Staff } from './organisation'
import { GiveForm, Posts } from './Posts'
import { StaffForm } from './StaffForm'

const state = (row: Staff): string => t(row.absent ? 'org.absent' : row.on_duty ? 'org.onDuty' : 'org.offDuty')
/** The post of the roster in the language on screen, where it is one of the usual ones. */
const postWords = (post: string): string => tOr(`post.${post}`, post)
const posts = (row: Staff): string =>
  row.posts_held.map((held) => `${roleName(held.split(' ')[0] ?? '')} ${held.split(' ')[1] ?? ''}`).join(', ')
const columns = (): Column<Staff>[] => [
  { id: 'work_no', head: t('org.workNo'), cell: (row) => <span class="num">{row.work_no}</span> },
  { id: 'post', head: t('org.post'), cell: (row) => <span class="ellipsis org-cell">{postWords(row.post)}</span> },
  { id: 'posts', head: t('org.posts'), cell: (row) => <span class="ellipsis org-cell">{posts(row)}</span> },
  { id: 'state', head: t('org.state'), cell: state },
  { id: 'area', head: t('org.area'), cell: (row) => row.area_name, wide: true },
]

function List(): JSX.Element {
  const adding = useSignal(false)
  const found = staff.data.value
  if (staff.error.value) return <ErrorNote error={staff.error.value} retry={() => void staff.load()} />
  return (
    <>
      <div class="pad org-find">
        <SearchField id="org-find" label={t('org.find')} hint={t('org.findHint')} value={words.value} maxLength={80} onSettle={(text) => (words.value = text)} />
        {mayStaff.value && (
          <button type="button" class="button" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>
            {t('org.addStaff')}
          </button>
        )}
      </div>
      {adding.value && (
        <div class="org-adding">
          <StaffForm member={null} done={() => (adding.value = false)} />
        </div>
      )}
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
            rowLabel={(row) => `${row.work_no} ${postWords(row.post)}`}
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

function Member(): JSX.Element {
  const failure = useSignal<unknown>(null)
  const changing = useSignal(false)
  const found = one.data.value
  if (one.error.value) return <ErrorNote error={one.error.value} retry={() => void one.load()} />
  if (!found || found.id !== openStaff.value) return <Skeleton />
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={found.work_no}>
      <div class="row pad-row">
        <button type="button" class="link" onClick={() => (openStaff.value = null)}>
          {t('org.back')}
        </button>
      </div>
      <div class="pad row org-who">
        <div class="grow">
          <h2 class="card-title num">{found.work_no}</h2>
          <p class="second">{[found.name, postWords(found.post), found.unit_name, found.area_name, found.active ? state(found) : t('org.leftOffice')].filter(Boolean).join(' · ')}</p>
          <p class="small second">{[found.skills.join(', '), !found.full_time && t('org.partTime'), found.max_posts !== null && t('org.mostOf', { n: number(found.max_posts) })].filter(Boolean).join(' · ')}</p>
        </div>
        {mayStaff.value && (
          <button type="button" class="button" aria-expanded={changing.value} aria-label={t('org.changeStaff', { no: found.work_no })} onClick={() => (changing.value = !changing.value)}>
            {t('org.change')}
          </button>
        )}
      </div>
      {changing.value && <StaffForm key={found.revision} member={found} done={() => (changing.value = false)} />}
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <Posts of={found} onFail={(cause) => (failure.value = cause)} />
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
      {mayStaff.value ? <GiveForm to={found} /> : <p class="small second pad">{t('org.planner')}</p>}
      <Duty of={found} />
    </div>
  )
}

/** Staff as a list, and one of them with posts, duties and a form to give another post. */
export function StaffPanel(): JSX.Element {
  return openStaff.value ? <Member key={openStaff.value} /> : <List />
}
