import LeibnizCore
import LeibnizData
import TestFiles
import Testing

@Suite struct SafetensorsTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A file with a given header.
    static func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8) + data
    }

    @Test func `tensors of every type come back bit for bit`() throws {
        let path = folder.path + "/m.safetensors"
        var tensors: [String: Tensor] = ["empty": Tensor([Double](), shape: [0, 3])]
        for type in Tensor.elementTypes {
            tensors["a.\(type)"] = Tensor(bytes: [0, 1, 1, 0, 1, 0], shape: [2, 3], type)
            tensors["scalar \"\(type)\""] = Tensor(bytes: [1], shape: [], type)
        }
        try Safetensors.write(tensors, metadata: ["format": "pt", "note": "ä\n"], to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["format": "pt", "note": "ä\n"])
        #expect(Set(file.names) == Set(tensors.keys))
        #expect(file.shape(of: "a.float64") == [2, 3] && file.shape(of: "none") == nil)
        for (name, tensor) in tensors {
            let read = try file.tensor(name)
            #expect(read.shape == tensor.shape && read.elementType == tensor.elementType)
            #expect(try read.doubles() == tensor.doubles())
        }
        #expect(try dataError { try file.tensor("none") }.kind == .missing)
    }

    @Test func `numbers of 16 bits become float32`() throws {
        let bytes = Self.file(
            #"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}"#,
            [0xC0, 0x3F, 0, 0xC0, 0, 0x38])
        let tensors = try Safetensors.read(folder.write(bytes))
        #expect(try tensors["a"]?.doubles() == [1.5, -2])
        #expect(try tensors["b"]?.doubles() == [0.5])
    }

    static let damaged: [(bytes: [UInt8], kind: DataError.Kind, message: String)] = [
        ([1, 2, 3], .tooShort, "3 bytes"),
        ([255, 255, 255, 255, 255, 255, 255, 255], .wrongHeader, "a header of 18446744073709551615 bytes"),
        (file("[]", []), .wrongHeader, "a byte 0x5B"),
        (file("{\"a\":1}", []), .malformed, "a is 1"),
        (
            file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":1}", [0, 0, 0, 0]), .malformed,
            "not a again"
        ),
        (file(#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, [0]), .unsupported, "F8_E4M3 of a"),
        (file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]), .malformed, "in 4 bytes"),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, [0, 0]), .inconsistent, "a from byte 1"),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                [0, 0, 0]), .inconsistent, "b from byte 1"
        ),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [0, 0]), .tooLong, "2 bytes of data"),
        (file(#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, [0, 0]), .tooShort, "2 bytes of data"),
        (
            file(#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, []), .malformed,
            "in 0 bytes"
        ),
        (file(#"{"__metadata__":{"a":1}}"#, []), .malformed, "a of __metadata__"),
    ]

    @Test(arguments: damaged.indices) func `every damage has its message`(index: Int) throws {
        let (bytes, kind, message) = Self.damaged[index]
        let path = try folder.write(bytes)
        let error = try dataError { try SafetensorsFile(path: path) }
        #expect(error.kind == kind && error.description.contains(message) && error.subject == path, "\(error)")
        #expect(error.exitStatus == 65)
    }

    @Test func `writing to where nothing can be written changes nothing`() throws {
        let error = try dataError { try Safetensors.write([:], to: folder.path + "/none/m.safetensors") }
        #expect(error.kind == .missing && error.summary.contains("write"))
        let path = try folder.write([1, 2, 3], as: "kept")
        #expect(throws: TensorError.self) {
            try Safetensors.write(["bad": matmul(Tensor([[1.0]]), Tensor([1.0, 2]))], to: path)
        }
        #expect(try GzipReader(path: path).bytes(atMost: .max) == [1, 2, 3])
        #expect(try dataError { try Safetensors.write(["__metadata__": Tensor(1.0)], to: path) }.kind == .argument)
    }

    @Test func `mutated files end in tensors or an error`() throws {
        let path = folder.path + "/m.safetensors"
        try Safetensors.write(
            ["a": Tensor([[1.0, 2], [3, 4]]), "b": Tensor([1, 2]), "c": Tensor([UInt8(1)])], metadata: ["k": "v"],
            to: path)
        let corpus = [try GzipReader(path: path).bytes(atMost: .max)]
        let words = ["\"F64\"", "[", "]", "{", "}", "[0,16]", "99999999999999999999", "-1", "1e5", "\\u0000", "\"a\":"]
        let outcomes = try Fuzz.run(
            corpus: corpus, words: words.map { Array($0.utf8) }, rounds: Fuzz.rounds(2000), as: "m.safetensors"
        ) { _ = try Safetensors.read($0) }
        outcomes.expectReached([nil, .malformed, .tooShort, .tooLong, .wrongHeader])
    }
}
