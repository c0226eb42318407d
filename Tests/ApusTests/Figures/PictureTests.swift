import Apus
import Testing

@Suite struct PictureTests {
  private let ramp = Picture(width: 3, height: 2, channels: 1, pixels: [0, 50, 100, 150, 200, 250])

  @Test func valuesBecomeColors() {
    #expect(Picture(values: [0.0, 1], rows: 1, columns: 2).pixels == [68, 1, 84, 253, 231, 37])
    #expect(
      Picture(values: [-1.0, 0, 1] as [Float], rows: 3, columns: 1).pixels == [24, 72, 130, 246, 246, 244, 158, 66, 10])
    // One value has no scale.
    #expect(Picture(values: [7.0, 7], rows: 1, columns: 2).pixels == [33, 145, 140, 33, 145, 140])
  }

  /// Where the map is least nothing is seen of it, where it is largest as much as is asked for.
  @Test func aHeatMapLiesOverAPicture() {
    let shown = ramp.overlaid(with: [0.0, 1], rows: 1, columns: 2, opacity: 1)
    #expect(Array(shown.pixels[..<3]) == [0, 0, 0] && Array(shown.pixels[6..<9]) == [253, 231, 37])
    let half = ramp.overlaid(with: [0.0, 1], rows: 1, columns: 2, opacity: 0.5)
    #expect(Array(half.pixels[15..<18]) == [252, 241, 144])
    // Two signs: nothing at 0.
    let signed = ramp.overlaid(with: [-1.0, 0, 1], rows: 1, columns: 3, opacity: 1)
    #expect(Array(signed.pixels[3..<6]) == [50, 50, 50] && Array(signed.pixels[..<3]) == [24, 72, 130])
    #expect(
      ramp.overlaid(with: [Double.nan], rows: 1, columns: 1, opacity: 1).pixels == ramp.pixels.flatMap { [$0, $0, $0] })
  }

  /// Between the centers of cells the map is linear.
  @Test func aSmallMapIsStretchedSmoothly() {
    let black = Picture(width: 4, height: 1, channels: 1, pixels: [0, 0, 0, 0])
    let shown = black.overlaid(with: [0.0, 1], rows: 1, columns: 2, opacity: 1)
    let exact = Picture(values: [0, 0.25, 0.75, 1.0], rows: 1, columns: 4).pixels
    let strengths = [0, 0.25, 0.75, 1.0]
    for (place, value) in shown.pixels.enumerated() {
      #expect(abs(Double(value) - Double(exact[place]) * strengths[place / 3]) <= 1)
    }
  }

  @Test func enlargingRepeatsPixels() {
    let larger = ramp.enlarged(by: 2)
    #expect(larger.width == 6 && larger.height == 4)
    #expect(
      larger.pixels == [
        0, 0, 50, 50, 100, 100, 0, 0, 50, 50, 100, 100, 150, 150, 200, 200, 250, 250, 150, 150, 200, 200, 250, 250,
      ])
    #expect(ramp.enlarged(by: 1) == ramp)
  }

  @Test func tensorsArePictures() {
    let picture = Picture(Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [1, 2, 3]))
    #expect((picture.width, picture.height, picture.channels) == (2, 1, 3) && picture.pixels == [1, 2, 3, 4, 5, 6])
  }

  @Test func nonsenseStopsWithItsNumbers() async {
    let pixels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Picture(width: 2, height: 2, channels: 3, pixels: [1, 2, 3])
    }
    #expect(errorText(pixels).contains("Picture: 3 values for 2×2 pixels with 3 channels"))
    let tensor = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Picture(Tensor.zeros([2, 2, 3]))
    }
    #expect(errorText(tensor).contains("float32 [2, 2, 3], expected uint8"))
    let values = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Picture(values: [1.0, 2], rows: 2, columns: 2)
    }
    #expect(errorText(values).contains("heat map: 2 values for 2 rows and 2 columns"))
    let series = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Figure.Series("loss", x: [1.0], y: [1.0, 2])
    }
    #expect(errorText(series).contains("Figure.Series(\"loss\"): 1 numbers along x and 2 along y"))
    let edges = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Figure.Plot.histogram(counts: [1.0], edges: [1.0, 1.0])
    }
    #expect(errorText(edges).contains("histogram: edge 1.0 behind 1.0"))
    let circle = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Figure.Plot.network([.init("a", from: [0])])
    }
    #expect(errorText(circle).contains("network: node 0, \"a\", reads node 0"))
    let table = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var page = Page("")
      page.add(table: ["a", "b"], rows: [["1"]])
    }
    #expect(errorText(table).contains("a row of 1 fields for 2 columns"))
  }
}
