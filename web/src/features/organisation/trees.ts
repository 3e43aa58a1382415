/** Rows that name their parents, as trees. */

export interface Node<Row> {
  row: Row
  below: Node<Row>[]
}

/** Rows as a tree by their parents, or by what they stand below where a parent is closed; the others stand at the top. */
export function nested<Row extends { id: string; parent_id: string | null; above_id?: string | null }>(rows: readonly Row[]): Node<Row>[] {
  const nodes = new Map(rows.map((row) => [row.id, { row, below: [] as Node<Row>[] }]))
  const top: Node<Row>[] = []
  for (const node of nodes.values()) {
    const id = node.row.above_id ?? node.row.parent_id
    const above = id ? nodes.get(id) : undefined
    ;(above ? above.below : top).push(node)
  }
  return top
}
