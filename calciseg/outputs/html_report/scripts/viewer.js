// The viewer of one image: NiiVue where there is WebGL 2, else the still picture of the lesion chosen.
const LESION_COLOURS = [
  "#e41a1c", "#4daf4a", "#ff7f00", "#a65628", "#f781bf", "#66c2a5", "#fc8d62", "#8da0cb", "#e78ac3", "#a6d854",
  "#ffd92f", "#e5c494",
]
const WINDOWS_HU = { soft: [-160, 240], calcium: [-100, 900], all: [-300, 975] }
const OPACITY = { planes: 0.7, lesions: 0.7, excluded: 0.35 }
const OVERLAYS = ["planes", "lesions", "excluded"]
// The gap in the crosshair, that the lesion lies in, is so many times as wide as its lines.
const LINE_PX = 1.6
const CROSSHAIR_GAP = 24
const LABELS_AT_MOST = 8000

async function inflated(id) {
  const element = document.getElementById(id)
  const text = atob(element.textContent.trim())
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  element.remove()
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))
  return new Response(stream).arrayBuffer()
}

let bundle = null

// The bundle is a script only once it is needed; the page's policy names its hash, so nothing else would run.
function loadedBundle() {
  bundle ??= inflated("niivue-bundle").then((buffer) => {
    const script = document.createElement("script")
    script.textContent = new TextDecoder().decode(buffer)
    document.head.append(script)
    return globalThis.niivue
  })
  return bundle
}

function hasWebGl2() {
  const context = document.createElement("canvas").getContext("webgl2")
  context?.getExtension("WEBGL_lose_context")?.loseContext()
  return Boolean(context)
}

function channels(colours, alphas) {
  const parts = [1, 3, 5].map((at) => colours.map((colour) => parseInt(colour.slice(at, at + 2), 16)))
  return { R: parts[0], G: parts[1], B: parts[2], A: alphas }
}

class FieldViewer {
  constructor(element, legend) {
    this.element = element
    this.legend = legend
    this.n = element.dataset.image
    this.isFilm = element.dataset.kind === "radiograph"
    this.canvas = element.querySelector("canvas")
    this.readout = element.querySelector(".readout")
    this.niivue = null
    this.wantedMm = null
    this.started = null
  }

  // Resolves once the viewer shows the image, or once it is known that it cannot.
  start() {
    this.started ??= this.open().catch((error) => this.giveUp(error))
    return this.started
  }

  async open() {
    if (!hasWebGl2() || typeof DecompressionStream === "undefined") throw new Error("no WebGL 2")
    const { Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } = await loadedBundle()
    const niivue = new Niivue({
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      isOrientationTextVisible: !this.isFilm,
      isCornerOrientationText: true,
      multiplanarShowRender: SHOW_RENDER.NEVER,
      crosshairColor: [1, 1, 0.2, 0.9],
      crosshairGap: CROSSHAIR_GAP,
      crosshairWidthUnit: "mm",
      fontColor: [0.85, 0.85, 0.85, 1],
      fontSizeScaling: 0.3,
      dragAndDropEnabled: false,
      scrollRequiresFocus: true,
      loadingText: "",
      viewModeHotKey: "",
      clipPlaneHotKey: "",
      cycleClipPlaneHotKey: "",
      logLevel: "silent",
    })
    this.views = {
      all: SLICE_TYPE.MULTIPLANAR, axial: SLICE_TYPE.AXIAL, coronal: SLICE_TYPE.CORONAL,
      sagittal: SLICE_TYPE.SAGITTAL, render: SLICE_TYPE.RENDER,
    }
    await niivue.attachToCanvas(this.canvas, false)
    niivue.onLocationChange = (location) => this.showLocation(location)
    const image = await NVImage.new(await inflated(`layer-${this.n}-image`), "image.nii", "gray", 1)
    if (!this.isFilm) [image.cal_min, image.cal_max] = WINDOWS_HU.soft
    niivue.overlays = []
    for (const name of OVERLAYS) niivue.overlays.push(await this.overlay(NVImage, name))
    // Not one by one: each would send all before it to the graphics card again.
    niivue.back = image
    niivue.volumes = [image, ...niivue.overlays]
    niivue.updateGLVolume()
    niivue.setSliceType(this.isFilm ? this.views.axial : this.views.all)
    this.niivue = niivue
    this.listen()
    this.zoomTo(this.zoom)
    if (this.wantedMm) this.moveTo(this.wantedMm)
    this.element.dataset.state = "open"
  }

  async overlay(NVImage, name) {
    const isShown = this.element.querySelector(`[data-layer="${name}"]`).checked
    const buffer = await inflated(`layer-${this.n}-${name}`)
    const layer = await NVImage.new(buffer, `${name}.nii`, "", isShown ? OPACITY[name] : 0)
    let most = 0
    for (const value of layer.img) if (value > most) most = value
    const colours = ["#000000"]
    for (let i = 1; i <= Math.min(most, LABELS_AT_MOST); i++) colours.push(this.colourOf(name, i))
    const alphas = colours.map((_, i) => (i === 0 ? 0 : 255))
    if (colours.length === 1) {
      colours.push("#000000")
      alphas.push(0)
    }
    layer.setColormapLabel(channels(colours, alphas))
    return layer
  }

  colourOf(name, value) {
    if (name === "planes") return this.legend.planes[value].colour
    if (name === "excluded") return this.legend.excluded_colour.colour
    return LESION_COLOURS[value % LESION_COLOURS.length]
  }

  listen() {
    const { niivue } = this
    this.element.addEventListener("change", ({ target }) => {
      if (target.dataset.layer) {
        const layer = OVERLAYS.indexOf(target.dataset.layer) + 1
        niivue.setOpacity(layer, target.checked ? OPACITY[target.dataset.layer] : 0)
      } else if (target.name === "view") {
        niivue.setSliceType(this.views[target.value])
        this.zoomTo(this.zoom)
      } else if (target.name === "zoom") this.zoomTo(this.zoom)
      else if (target.name === "window") {
        const [image] = niivue.volumes
        ;[image.cal_min, image.cal_max] = WINDOWS_HU[target.value]
        niivue.updateGLVolume()
      }
    })
    // In the capturing phase: the library's own keys open dialogues.
    this.element.querySelector(".screen").addEventListener("keydown", (event) => this.pressed(event), true)
  }

  // On the screen the patient's right is on the left.
  pressed(event) {
    const steps = {
      ArrowLeft: [1, 0, 0], ArrowRight: [-1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0],
      PageUp: [0, 0, 1], PageDown: [0, 0, -1],
    }
    const step = steps[event.key]
    if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return
    event.stopPropagation()
    if (!step) return
    event.preventDefault()
    this.niivue.moveCrosshairInVox(...step)
    this.niivue.drawScene()
  }

  moveTo(mm) {
    this.wantedMm = mm
    if (!this.niivue) return
    this.niivue.scene.crosshairPos = this.niivue.mm2frac(mm, 0, true)
    this.zoomTo(this.zoom)
    this.niivue.createOnLocationChange()
  }

  get zoom() {
    return Number(this.element.querySelector('[name="zoom"]').value)
  }

  // Shows the surroundings of the crosshair, or, at 1, all; in millimetres along the grid, as slices are drawn.
  zoomTo(zoom) {
    const { niivue } = this
    const at = niivue.frac2mm(niivue.scene.crosshairPos)
    const middle = niivue.frac2mm([0.5, 0.5, 0.5])
    const shift = [0, 1, 2].map((i) => (zoom > 1 ? middle[i] - zoom * at[i] : 0))
    niivue.setCrosshairWidth((LINE_PX * devicePixelRatio) / this.pixelsPerMm() / zoom)
    niivue.setPan2Dxyzmm([...shift, zoom])
  }

  // About: the library arranges three planes in a row, in a column or in a square, whichever is largest.
  pixelsPerMm() {
    const { dimsRAS, pixDimsRAS } = this.niivue.back
    const [x, y, z] = [1, 2, 3].map((i) => dimsRAS[i] * pixDimsRAS[i])
    const { width, height } = this.canvas
    const fit = (across, down) => Math.min(width / across, height / down)
    if (this.niivue.opts.sliceType !== this.views.all) return fit(Math.max(x, y), Math.max(y, z))
    return Math.max(fit(2 * x + y, Math.max(y, z)), fit(Math.max(x, y), y + 2 * z), fit(x + y, y + z))
  }

  positionMm() {
    return [...this.niivue.frac2mm(this.niivue.scene.crosshairPos, 0, true)].slice(0, 3)
  }

  showLocation({ mm, values }) {
    const [image, planes, lesions, excluded] = values.map(({ value }) => value)
    const parts = []
    if (this.isFilm) parts.push(`value ${Math.round(image)}`)
    else {
      const place = ["RL", "AP", "SI"].map((sides, i) => `${sides[mm[i] < 0 ? 1 : 0]} ${Math.abs(mm[i]).toFixed(0)}`)
      const [lowest, highest] = WINDOWS_HU.all
      const limit = image >= highest ? " or more" : image <= lowest ? " or less" : ""
      parts.push(`${place.join(", ")} mm`, `${limit ? "" : "about "}${Math.round(image)} HU${limit}`)
    }
    if (lesions) parts.push(`lesion ${lesions}, ${this.legend.planes[planes]?.name ?? ""}`)
    else if (excluded) parts.push(`not counted: ${this.legend.reasons[excluded]}`)
    this.readout.textContent = parts.join(" · ")
  }

  giveUp() {
    this.element.dataset.state = "still"
    this.element.querySelector(".still").hidden = false
  }

  showStill(picture, words) {
    const still = this.element.querySelector(".still")
    still.querySelector("figcaption").textContent = words
    const image = still.querySelector("img")
    image.hidden = !picture
    if (picture) {
      image.src = picture.src
      image.alt = picture.alt
    }
  }
}
