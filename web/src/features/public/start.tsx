/** The pages that need no account: a report at a plate, and how a report is getting on. */
import { render } from 'preact'
import '../../styles/fonts.css'
import '../../styles/tokens.css'
import '../../styles/base.css'
import '../../styles/controls.css'
import '../../styles/shell.css'
import '../../styles/phone.css'
import { Toasts } from '../../ui/toast'
import { FollowPage } from '../follow/FollowPage'
import { startLook } from '../phone/route'
import { PlatePage } from './PlatePage'

/** What stands after `#/r/` or `#/follow/`. */
const rest = (hash: string): string => decodeURIComponent(hash.split('?')[0]?.split('/')[2] ?? '')

export function start(root: HTMLElement): void {
  startLook()
  const follows = /^#?\/?follow\//.test(location.hash)
  const what = rest(location.hash)
  // another plate or link begins anew, and leaves nothing of this one on screen
  addEventListener('hashchange', () => rest(location.hash) !== what && location.reload())
  render(
    <>
      {follows ? <FollowPage token={what} /> : <PlatePage code={what} />}
      <Toasts />
    </>,
    root,
  )
}
