import Apus
import Foundation
import Testing

@Suite struct NpzTests {
  private let tensors: [(name: String, value: Tensor)] = [
    ("weight", Tensor([1.5 as Float, -2, .infinity, 0, -0.0, 0x1p-140], shape: [2, 3])),
    ("double", Tensor([Double.pi], shape: [])),
    ("labels", Tensor([-1 as Int32, .max, .min], shape: [3])),
    ("bytes", Tensor([1 as UInt8, 255, 0], shape: [3, 1])),
    ("empty", Tensor([Float](), shape: [0, 4])),
    ("é", Tensor([4 as Float], shape: [1])),
  ]

  /// The committed file is one that numpy reads: make-file-fixtures.py checks it.
  @Test func readsWhatItWroteAndWritesWhatNumpyReads() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.npz")
    try Npz.write(tensors, to: path)
    let found = try Npz.read(path)
    #expect(areSame(found, tensors))
    #expect(try File.contents(of: path) == File.contents(of: fileFixture("apus.npz")))
  }

  @Test func readsWhatNumpyWrote() throws {
    let read = try Npz.read(fileFixture("stored.npz"))
    let arrays = Dictionary(uniqueKeysWithValues: read.map { ($0.name, $0.value) })
    #expect(read.map(\.name).prefix(3) == ["f8", "f8-big", "f4"] && arrays.count == 20)
    for ending in ["", "-big"] {
      #expect(arrays["f8" + ending]?.array(of: Double.self) == [0.1, -.infinity, 0x1p-1074])
      #expect(arrays["f4" + ending]?.array(of: Float.self) == [1.5, -.infinity, 0x1p-140])
      #expect(arrays["f2" + ending]?.array(of: Float.self) == [1, -65504, 0x1p-24])
      #expect(arrays["i8" + ending]?.array(of: Int32.self) == [-1, .max, .min])
      #expect(arrays["i4" + ending]?.array(of: Int32.self) == [-7, .max, .min])
      #expect(arrays["i2" + ending]?.array(of: Int32.self) == [-32768, 32767, 5])
    }
    #expect(arrays["i1"]?.array(of: Int32.self) == [-128, 127, 3])
    #expect(arrays["u1"]?.array(of: UInt8.self) == [0, 255, 3])
    #expect(arrays["b1"]?.array(of: UInt8.self) == [1, 0])
    #expect(arrays["scalar"]?.shape == [] && arrays["scalar"]?.item() == 2.5)
    #expect(arrays["empty"]?.shape == [0, 3])
    #expect(arrays["é"]?.array(of: Float.self) == [4])
    for name in ["fortran", "fortran-big"] {
      #expect(arrays[name]?.shape == [2, 3, 4])
      #expect(arrays[name]?.array(of: Float.self) == (0..<24).map { Float($0) })
    }
  }

  @Test func readsCompressedFiles() throws {
    let read = try Npz.read(fileFixture("deflated.npz"))
    #expect(read.map(\.name) == ["w", "b"])
    #expect(read[0].value.shape == [1000] && read[0].value.array(of: Float.self).allSatisfy { $0 == 0 })
    #expect(read[1].value.array(of: Float.self) == (0..<24).map { Float($0) })
    // 4128 and 224 bytes: each fits, both together do not.
    #expect(try Npz.read(fileFixture("deflated.npz"), limit: 4352).count == 2)
    expectError("deflated.npz", "entry \"b.npy\"", "deflated data of 224 bytes", "at most 223") {
      _ = try Npz.read(fileFixture("deflated.npz"), limit: 4351)
    }
  }

  @Test func refusesWhatIsNoArray() throws {
    let one = Npy.encode(Tensor([1 as Float]))
    expectError("x.npz", "entry \"a.txt\"", "without .npy") {
      _ = try Npz.decode(zip([("a.txt", [])]), file: "x.npz")
    }
    expectError("x.npz", "entry \"b.npy\"", "no \\x93NUMPY") {
      _ = try Npz.decode(zip([("a.npy", one), ("b.npy", [])]), file: "x.npz")
    }
    let objects = try File.contents(of: fileFixture("objects.npy"))
    expectError("x.npz", "entry \"o.npy\", header: ", "holds pickled objects") {
      _ = try Npz.decode(zip([("a.npy", one), ("o.npy", objects)]), file: "x.npz")
    }
    expectError("matrix.npy", "a numpy array (npy)", "expected a ZIP file") {
      _ = try Npz.read(fileFixture("matrix.npy"))
    }
  }

  @Test(arguments: ["stored.npz", "deflated.npz", "apus.npz"])
  func damageIsAnErrorOrChangesNothing(name: String) throws {
    let bytes = try File.contents(of: fileFixture(name))
    let whole = try Npz.decode(bytes, file: name)
    expectNoTruncation(of: bytes) { _ = try Npz.decode($0, file: "damaged") }
    let errors = expectNoCrash(flipping: bytes) { damaged in
      let found = try Npz.decode(damaged, file: "damaged")
      #expect(areSame(found, whole))
    }
    #expect(errors > bytes.count * 2 / 3)
  }

  @Test func trapsOnANameTwice() async {
    await #expect(processExitsWith: .failure) {
      let one = Tensor([1 as Float], shape: [1])
      try Npz.write([("a", one), ("a", one)], to: FileManager.default.temporaryDirectory.path + "/apus-twice")
    }
  }
}
