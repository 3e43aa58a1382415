/** Whether this browser can draw the map: WebGL 2, which MapLibre needs. */
export function canDrawMap(): boolean {
  try {
    const sheet = document.createElement('canvas')
    const gl = sheet.getContext('webgl2')
    if (!gl) return false
    gl.getExtension('WEBGL_lose_context')?.loseContext()
    return true
  } catch {
    return false
  }
}
