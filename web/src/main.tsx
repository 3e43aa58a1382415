/** Which page the address asks for: a phone or a passer-by fetches no desk. */
import { noteHands } from './api/attended'
import { pageOf } from './pages'

const page = pageOf(location.hash)
const parts = {
  desks: () => import('./features/shell/start'),
  phone: () => import('./features/phone/start'),
  public: () => import('./features/public/start'),
}

// The desks keep the address in step without this event; another kind of page begins anew.
addEventListener('hashchange', () => {
  if (pageOf(location.hash) !== page) location.reload()
})

noteHands(window)
const root = document.getElementById('app')
if (root) {
  parts[page]().then(
    ({ start }) => start(root),
    () => {
      // no words are here yet but these two languages of ours
      root.textContent = 'No connection: this page could not be loaded. / 网络未连接，页面无法加载。'
    },
  )
}
