// Sorting: a button in each heading of a table sorts its rows; empty cells stay last.
function makeSortable(table) {
  const headings = [...table.tHead.rows[0].cells]
  const body = table.tBodies[0]
  for (const heading of headings) {
    const button = heading.querySelector("button.sort")
    button?.addEventListener("click", () => {
      const before = heading.getAttribute("aria-sort")
      const isRising = before === null ? heading.dataset.first !== "falling" : before !== "ascending"
      for (const other of headings) other.removeAttribute("aria-sort")
      heading.setAttribute("aria-sort", isRising ? "ascending" : "descending")
      body.append(...sortedRows([...body.rows], heading.cellIndex, isRising))
    })
  }
}

function sortedRows(rows, column, isRising) {
  const keyOf = (row) => {
    const value = row.cells[column].dataset.value ?? row.cells[column].textContent.trim()
    if (value === "" || value === "–") return null
    const number = Number(value)
    return Number.isNaN(number) ? value : number
  }
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)))
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null)
      return isRising ? compare(a.key, b.key) : compare(b.key, a.key)
    })
    .map(({ row }) => row)
}
