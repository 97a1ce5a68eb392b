// One image of the study: its table, its viewer and the marks on its overview.
class ImageSection {
  constructor(element, legend) {
    this.element = element
    this.table = element.querySelector("table.lesions")
    this.status = element.querySelector(".status")
    const frame = element.querySelector(".viewer")
    this.viewer = frame && new FieldViewer(frame, legend)
    if (this.viewer) this.showViewer(frame)
    if (this.table) this.listen()
    element.querySelector("table.ledger")?.addEventListener("click", ({ target }) => {
      const row = target.closest("tr[data-ras]")
      if (row && !window.getSelection().toString()) this.choose(row)
    })
  }

  showViewer(frame) {
    frame.hidden = false
    const first = this.element.querySelector("tr[data-ras]")
    if (first) this.mark(first)
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return
      watcher.disconnect()
      this.viewer.start()
    })
    watcher.observe(frame)
    for (const button of frame.querySelectorAll("button[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)))
    }
  }

  listen() {
    makeSortable(this.table)
    const body = this.table.tBodies[0]
    body.addEventListener("click", ({ target }) => {
      const row = target.closest("tr")
      if (row?.dataset.ras && !window.getSelection().toString()) this.choose(row)
    })
    body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      const button = event.target.closest("button.go")
      if (!step || !button) return
      event.preventDefault()
      const rows = [...body.rows]
      const next = rows[rows.indexOf(button.closest("tr")) + step]
      next?.querySelector("button.go")?.focus()
    })
    for (const dot of this.element.querySelectorAll("[data-dot]")) {
      dot.addEventListener("click", () => {
        const row = body.querySelector(`tr[data-label="${dot.dataset.dot}"]`)
        if (row?.dataset.ras) this.choose(row)
      })
    }
  }

  step(by) {
    const rows = [...this.table.tBodies[0].rows].filter((row) => row.dataset.ras)
    const at = rows.findIndex((row) => row.classList.contains("chosen"))
    const next = rows[(at + by + rows.length) % rows.length]
    if (next) this.choose(next)
  }

  async choose(row) {
    this.mark(row)
    this.status.textContent = row.dataset.words
    if (!this.viewer) return
    const box = this.viewer.element.getBoundingClientRect()
    if (box.top < 0 || box.bottom > window.innerHeight) this.viewer.element.scrollIntoView({ block: "start", behavior: "instant" })
    await this.viewer.start()
  }

  // Says everywhere which row is chosen, without moving the page.
  mark(row) {
    for (const other of this.element.querySelectorAll("tr.chosen")) {
      other.classList.remove("chosen")
      other.querySelector("button.go")?.removeAttribute("aria-current")
    }
    row.classList.add("chosen")
    row.querySelector("button.go")?.setAttribute("aria-current", "true")
    const places = row.dataset.places.split(" ").map((place) => place.split(","))
    this.element.querySelectorAll(".overviews .mark").forEach((mark, i) => {
      mark.hidden = !places[i]
      if (places[i]) [mark.style.left, mark.style.top] = places[i].map((percent) => `${percent}%`)
    })
    this.viewer?.showStill(row.querySelector("img"), row.dataset.words)
    this.viewer?.moveTo(row.dataset.ras.split(" ").map(Number))
  }
}

{
  const legend = JSON.parse(document.getElementById("legend").textContent)
  const sections = [...document.querySelectorAll("section.image")].map((element) => new ImageSection(element, legend))
  // For a console: the viewers and what they show.
  globalThis.calcisegViewers = Object.fromEntries(
    sections.filter(({ viewer }) => viewer).map(({ viewer }) => [viewer.n, viewer]),
  )
  document.documentElement.classList.add("with-script")
}
