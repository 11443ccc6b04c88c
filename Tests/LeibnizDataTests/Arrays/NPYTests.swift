import LeibnizCore
import LeibnizData
import TestFiles
import Testing

/// The bytes of a version 1.0 file with a given header.
func npy(_ header: String, _ data: [UInt8], version: [UInt8] = [1, 0]) -> [UInt8] {
    let length = header.utf8.count
    let lengthBytes = (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + version + lengthBytes + Array(header.utf8) + data
}

@Suite struct NPYTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    static let shapes: [Shape] = [[], [0], [1], [5], [2, 3], [3, 0, 2], [2, 3, 4], [1, 4, 1, 3]]

    @Test(arguments: shapes, [Tensor.elementTypes].flatMap { $0 })
    func `what is written in any order is read, bit for bit`(shape: Shape, type: ElementType) throws {
        let tensor = Tensor(bytes: noise(shape.count, seed: 3).map { $0 & 1 }, shape: shape, type)
        for order in NPY.Order.allCases {
            for byteOrder in NPY.ByteOrder.allCases {
                let path = folder.path + "/a.npy"
                try NPY.write(tensor, to: path, order: order, byteOrder: byteOrder)
                let read = try NPY.read(path)
                #expect(read.shape == shape && read.elementType == type)
                #expect(try read.doubles() == tensor.doubles(), "\(order) \(byteOrder)")
            }
        }
    }

    @Test func `kinds without an element type become the narrowest that holds them`() throws {
        func read(_ kind: String, _ data: [UInt8]) throws -> Tensor {
            let width = Int(kind.dropFirst(2)) ?? 1
            return try NPY.decode(
                npy("{'descr': '\(kind)', 'fortran_order': False, 'shape': (\(data.count / width),), }\n", data),
                name: "a.npy")
        }
        let cases: [(kind: String, data: [UInt8], type: ElementType, values: [Double])] = [
            ("|i1", [0x80, 0x7F], .int32, [-128, 127]), ("<i2", [0, 0x80, 1, 0], .int32, [-32768, 1]),
            (">u2", [0xFF, 0xFE], .int32, [65534]), ("<u4", [0xFF, 0xFF, 0xFF, 0xFF], .int64, [4_294_967_295]),
            (">u8", [0, 0, 0, 0, 0, 0, 1, 2], .int64, [258]), ("|b1", [0, 1, 7], .bool, [0, 1, 1]),
            // 1, −2, the greatest, the least, the least normal number of 16 bits, infinity
            (
                "<f2", [0, 0x3C, 0, 0xC0, 0xFF, 0x7B, 1, 0, 0, 4, 0, 0xFC], .float32,
                [1, -2, 65504, 0x1p-24, 0x1p-14, -.infinity]
            ),
        ]
        for (kind, data, type, values) in cases {
            let tensor = try read(kind, data)
            #expect(tensor.elementType == type, "\(kind)")
            #expect(try tensor.doubles() == values, "\(kind)")
        }
        #expect(try read("<f2", [0, 0x7E]).doubles()[0].isNaN)
        #expect(try dataError { try read("<u8", [0, 0, 0, 0, 0, 0, 0, 0x80]) }.kind == .unsupported)
    }

    @Test func `the header is NumPy's own`() throws {
        let bytes = try NPY.encoded(Tensor([[1.5, 2]], .float64))
        #expect(bytes.count == 128 + 16)
        let text = String(decoding: bytes[10..<127], as: UTF8.self)
        #expect(text.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }  ") && bytes[127] == 0x0A)
        #expect(String(decoding: try NPY.encoded(Tensor([1, 2]))[10...], as: UTF8.self).contains("'shape': (2,)"))
    }

    /// Files that are damaged, with the kind, the offset and a part of the message.
    static let damaged: [(bytes: [UInt8], kind: DataError.Kind, offset: Int, message: String)] = [
        ([], .tooShort, 0, "0 bytes"),
        (Array("PK0123456789".utf8), .wrongHeader, 0, "0x50 0x4B"),
        (npy("{}", [], version: [9, 1]), .unsupported, 6, "version 9.1"),
        (Array(npy("{'descr'", []).dropLast(2)), .tooShort, 16, "a header of 8 bytes"),
        (npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", []), .unsupported, 10, "'<c8'"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", []), .unsupported, 10, "'|O'"),
        (
            npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", []), .unsupported, 20,
            "a list of fields"
        ),
        (npy("{'descr': '<f4', 'fortran_order': False}", []), .malformed, 50, "fewer of them"),
        (npy("{'descr': '<f4', 'fortran_order': Maybe}", []), .malformed, 44, "False"),
        (npy("{'descr': '<f4', 'descr': '<f4'}", []), .malformed, 35, "'descr'"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", []), .malformed, 61, "an extent"),
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", [1, 2, 3, 4]), .tooShort, 69,
            "4 bytes of data"
        ),
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", [1, 2, 3, 4, 5]), .tooLong, 67,
            "5 bytes of data"
        ),
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", []), .overflow, 10,
            "[4294967296, 4294967296]"
        ),
    ]

    @Test(arguments: damaged.indices) func `every damage has its message and place`(index: Int) throws {
        let (bytes, kind, offset, message) = Self.damaged[index]
        let path = try folder.write(bytes)
        let error = try dataError { try NPY.read(path) }
        #expect(error.kind == kind && error.position == .byte(offset), "\(error)")
        #expect(error.description.contains(message) && error.subject == path, "\(error)")
    }

    @Test(arguments: [false, true], [Int.max, 0]) func `archives of named arrays`(compressed: Bool, largeFrom: Int)
        throws
    {
        let arrays = [
            "x": Tensor((0..<1000).map { Double($0 % 7) }, shape: [10, 100]), "größe": Tensor([1, 2, 3]),
            "leer": Tensor([Double]()),
        ]
        let path = folder.path + "/a.npz"
        try NPZ.write(arrays, to: path, compressed: compressed, largeFrom: min(largeFrom, 0xFFFF_FFFF))
        let read = try NPZ.read(path)
        #expect(Set(read.keys) == Set(arrays.keys))
        for (name, tensor) in arrays {
            #expect(read[name]?.shape == tensor.shape && read[name]?.elementType == tensor.elementType)
            #expect(try read[name]?.doubles() == tensor.doubles())
        }
    }

    @Test func `an archive with a wrong byte is refused by its checksum`() throws {
        let path = folder.path + "/a.npz"
        try NPZ.write(["x": Tensor([1.0, 2, 3])], to: path)
        var bytes = try GzipReader(path: path).bytes(atMost: .max)
        let place = 30 + 5 + 128 + 4  // after the entry's header and name, in the data
        bytes[place] ^= 1
        let error = try dataError { try NPZ.read(folder.write(bytes)) }
        #expect(
            error.kind == .damagedCompression && error.summary.contains("checksum")
                && error.subject.hasSuffix("entry x.npy"))
    }

    @Test func `mutated arrays end in an array or an error`() throws {
        let corpus = try [
            NPY.encoded(Tensor([[1.0, 2], [3, 4]], .float64), order: .columnMajor),
            NPY.encoded(Tensor([1, 2, 3]), byteOrder: .big),
            npy("{'descr': '<f2', 'fortran_order': True, 'shape': (2, 1)}", [0, 1, 2, 3]),
        ]
        let outcomes = try Fuzz.run(
            corpus: corpus, words: ["'", "True", "(99999999999,)", "<f8", ">i2", "|O", "0"].map { Array($0.utf8) },
            rounds: Fuzz.rounds(2000), as: "a.npy"
        ) { _ = try NPY.read($0) }
        outcomes.expectReached([nil, .malformed, .tooShort, .tooLong, .unsupported, .wrongHeader])
    }

    @Test func `mutated archives end in arrays or an error`() throws {
        let path = folder.path + "/a.npz"
        var corpus: [[UInt8]] = []
        for (compressed, large) in [(false, 0xFFFF_FFFF), (true, 0xFFFF_FFFF), (true, 0)] {
            try NPZ.write(
                ["x": Tensor([1.0, 2, 3]), "y": Tensor([1])], to: path, compressed: compressed, largeFrom: large)
            corpus.append(try GzipReader(path: path).bytes(atMost: .max))
        }
        let outcomes = try Fuzz.run(corpus: corpus, rounds: Fuzz.rounds(2000), as: "a.npz") { _ = try NPZ.read($0) }
        outcomes.expectReached([nil, .malformed, .tooShort, .wrongHeader, .damagedCompression])
    }
}

extension Tensor {
    static let elementTypes: [ElementType] = [.float32, .float64, .int32, .int64, .uint8, .bool]

    /// Small whole numbers as a tensor of any type.
    init(bytes: [UInt8], shape: Shape, _ type: ElementType) { self = Tensor(bytes, shape: shape, type) }
}
