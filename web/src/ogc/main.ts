/** The map of an OGC page to read: it takes the place of the outlines where the browser can draw it. */
import { canDrawMap } from '../map/webgl'

const figure = document.querySelector<HTMLElement>('figure.map')
if (figure && canDrawMap()) {
  // the outlines stay where the map does not come
  void import('./draw').then(({ drawMap }) => drawMap(figure)).catch((error: unknown) => console.warn(error))
}
