// Stands in for zarrita: the report loads nothing from a server, and its decoders are two thirds of the bundle.
const refuse = () => {
  throw new Error('this bundle reads no Zarr')
}
export class FetchStore {
  constructor() {
    refuse()
  }
}
export { refuse as get, refuse as open, refuse as root, refuse as slice }
