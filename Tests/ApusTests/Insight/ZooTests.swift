import Apus
import Testing

/// The networks beside what is printed of them.
@Suite struct ZooTests {
  /// Of convolutions and linear layers for one image of the usual size, worked out from the papers' tables by a program of its own;
  /// to three digits they are those of the catalogue of lectures and of torchvision's documentation.
  static let multiplyAdds: [(name: String, count: Int)] = [
    ("lenet5", 416_520), ("alexnet.paper", 724_406_816), ("alexnet.ungrouped", 1_135_256_096),
    ("alexnet.torchvision", 714_188_480), ("vgg11", 7_609_090_048), ("vgg11.lrn", 7_609_090_048),
    ("vgg13", 11_308_466_176), ("vgg16.1x1", 11_770_888_192), ("vgg16", 15_470_264_320), ("vgg19", 19_632_062_464),
    ("googlenet.paper", 1_582_671_872), ("googlenet.torchvision", 1_498_376_192), ("resnet18", 1_814_073_344),
    ("resnet34", 3_663_761_408), ("resnet50.paper", 3_857_973_248), ("resnet50.torchvision", 4_089_184_256),
    ("resnet101.paper", 7_570_194_432), ("resnet101.torchvision", 7_801_405_440),
    ("resnet152.paper", 11_282_415_616), ("resnet152.torchvision", 11_513_626_624),
    ("resnet20", 40_813_184), ("resnet20.paper", 40_551_040), ("plain20", 40_551_040), ("resnet32", 69_124_736),
    ("resnet32.paper", 68_862_592), ("resnet44", 97_436_288), ("resnet44.paper", 97_174_144), ("resnet56", 125_747_840),
    ("resnet56.paper", 125_485_696), ("plain56", 125_485_696), ("resnet110", 253_149_824),
    ("resnet110.paper", 252_887_680), ("plain110", 252_887_680), ("resnet1202.paper", 2_829_238_912),
    ("mobilenet_v2", 300_774_272), ("mobilenet_v3_small", 56_510_400), ("mobilenet_v3_large", 216_589_760),
    ("efficientnet_b0", 385_814_752), ("efficientnet_b1", 686_802_832), ("efficientnet_b2", 1_087_529_456),
    ("efficientnet_b3", 1_827_141_392), ("efficientnet_b4", 4_393_771_024), ("efficientnet_b5", 10_266_384_752),
    ("efficientnet_b6", 19_067_593_536), ("efficientnet_b7", 37_745_884_192), ("convnext_tiny", 4_455_531_264),
    ("convnext_small", 8_683_712_256), ("convnext_base", 15_354_729_472), ("convnext_large", 34_361_433_600),
    ("densenet121", 2_834_161_664), ("densenet161", 7_727_907_072), ("densenet169", 3_359_843_328),
    ("densenet201", 4_291_365_888), ("squeezenet1_0", 818_924_576), ("squeezenet1_1", 349_151_936),
    ("shufflenet_v2_x0_5", 40_476_448), ("shufflenet_v2_x1_0", 144_907_992), ("shufflenet_v2_x1_5", 295_759_392),
    ("shufflenet_v2_x2_0", 583_253_464),
  ]

  @Test(arguments: multiplyAdds) func multiplyAddsAreCounted(name: String, count: Int) throws {
    let entry = try NetworkCatalogue.entry(name)
    let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses)
    #expect(try model.plan(input: Shape([3] + entry.usualInput)).weightMultiplyAdds == 3 * count)
  }

  /// Every printed line is equal, or a known erratum that does differ.
  @Test(arguments: Set(PublishedTable.all.map(\.network)).sorted()) func tablesAreAsPrinted(network: String) throws {
    for table in every(PublishedTable.tables(of: network)) {
      for line in every(try table.compare()) {
        #expect(line.verdict != .differs, "\(network), \(table.source): \(line)")
      }
    }
  }

  /// The errors of the lectures, and no others.
  @Test func errataAreThese() throws {
    func errata(_ network: String) throws -> [String] {
      try PublishedTable.tables(of: network).flatMap { try $0.compare() }.filter { $0.verdict != .equal }.map(
        \.row.name)
    }
    #expect(
      try errata("googlenet.paper") == [
        "convolution 7×7/2", "inception (4a)", "inception (4c)", "inception (4d)", "inception (4e)", "inception (5a)",
        "inception (5b)", "total",
      ])
    #expect(try errata("vgg16") == ["TOTAL"])
    #expect(try errata("resnet152.paper") == ["conv4_x"])
    #expect(try errata("resnet50.paper").isEmpty)
  }

  /// Lecture 4's lines of VGG-16 add up to 15,237,608 numbers, not to the 24M that it prints.
  @Test func memoryOfVGG16() throws {
    let table = try #require(PublishedTable.tables(of: "vgg16").first { $0.source.contains("memory") })
    let total = try #require(try table.compare().last)
    #expect(total.memory == 15_237_608 && total.parameters == 138_344_128)
  }

  /// A table with another number in it is found to differ.
  @Test func aWrongNumberIsFound() throws {
    var table = try #require(PublishedTable.tables(of: "alexnet.ungrouped").first)
    table.rows[1].parameters = "36K"
    table.rows[2].output = [28, 28, 96]
    table.rows[4].erratum = "nothing is wrong here"
    let verdicts = try table.compare().map(\.verdict)
    #expect(verdicts.indices.filter { verdicts[$0] == .differs } == [1, 2, 4])
  }

  @Test func printedNumbers() {
    #expect(PublishedNumber("159Ki").matches(163_328) && !PublishedNumber("364Ki").matches(375_552))
    #expect(PublishedNumber("3.2M").matches(3_211_264) && !PublishedNumber("3.2M").matches(3_321_264))
    #expect(PublishedNumber("34,848").matches(34_848) && !PublishedNumber("34,848").matches(34_849))
    #expect(PublishedNumber("35K").matches(34_848) && PublishedNumber("800K").matches(802_816))
    #expect(!PublishedNumber("93M").matches(61_000_000))
  }
}
