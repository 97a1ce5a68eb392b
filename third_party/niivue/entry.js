// What report.html uses of NiiVue.
export { NVImage, Niivue, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue'
