/// Networks with scores for every pixel.
extension NetworkCatalogue {
  static let segmentationNetworks: [Entry] =
    FCN.Variant.allCases.map { variant in
      Entry(
        name: "fcn.\(variant.rawValue)", title: "FCN-\(variant.rawValue)", variant: "on VGG-16",
        paper: "Long et al. 2015",
        usualInput: [500, 500, 3], usualClasses: 21, refusal: { _, _ in nil },
        make: { input, classes in FCN.vgg16(variant, classes: classes, channels: input[2]) }, isDense: true)
    } + [
      Entry(
        name: "fcn.small", title: "Small FCN", variant: "for scenes of digits", paper: "Long et al. 2015",
        usualInput: [64, 64, 1], usualClasses: 11, refusal: { _, _ in nil },
        make: { input, classes in FCN.small(classes: classes, channels: input[2]) }, isDense: true)
    ]
    + [(false, 572), (true, 512)].map { (padded: Bool, size: Int) in
      Entry(
        name: padded ? "unet.padded" : "unet.paper", title: "U-Net",
        variant: padded ? "scores for the whole image" : "scores for the image's middle",
        paper: "Ronneberger et al. 2015", usualInput: [size, size, 1], usualClasses: 2, refusal: { _, _ in nil },
        make: { input, classes in UNet(classes: classes, channels: input[2], padded: padded) }, isDense: true)
    }
}
