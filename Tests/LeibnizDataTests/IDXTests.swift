import LeibnizData
import TestFiles
import Testing

#if os(Linux)
    import Foundation
#endif

@Suite struct IDXTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: IDXElementType.allCases, [false, true])
    func `an array that is written is read, value for value`(type: IDXElementType, compressed: Bool) throws {
        let values: [Double] = type == .uint8 ? [0, 1, 127, 128, 254, 255] : [0, 1, -1, 127, -128, 100]
        let array = try IDXArray(elementType: type, extents: [2, 1, 3], values: values)
        let path = try folder.write(compressed ? gzipped(array.encoded) : array.encoded)
        let read = try IDXArray(path: path, expecting: type, rank: 3)
        #expect(read == array)
        #expect(read.values == values)
    }

    @Test func `elements are big-endian`() throws {
        let array = try IDXArray(elementType: .int16, extents: [2], values: [258, -2])
        #expect(array.encoded == [0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2, 0xFF, 0xFE])
        #expect(
            try IDXArray(elementType: .float32, extents: [], values: [1]).encoded == [0, 0, 0x0D, 0, 0x3F, 0x80, 0, 0])
        #expect(try IDXArray(elementType: .float64, extents: [], values: [.infinity]).values == [.infinity])
    }

    @Test(arguments: [[], [0], [3, 0], [1], [7], [2, 3, 4, 5]])
    func `every shape has a file`(extents: [Int]) throws {
        let count = extents.reduce(1, *)
        let array = try IDXArray(elementType: .uint8, extents: extents, bytes: noise(count, seed: 1))
        let read = try IDXArray(path: folder.write(array.encoded))
        #expect(read == array)
        #expect(read.count == count)
    }

    /// Files that are damaged, with the kind, the offset and a part of the message that each must give.
    static let damaged: [(bytes: [UInt8], kind: DataError.Kind, offset: Int, message: String)] = [
        ([], .tooShort, 0, "the end after 0 bytes"),
        ([0, 0, 8], .tooShort, 3, "the end after 3 bytes"),
        ([0, 1, 8, 1, 0, 0, 0, 0], .wrongHeader, 0, "0x00 0x01 0x08 0x01"),
        ([0, 0, 7, 1, 0, 0, 0, 0], .wrongHeader, 0, "0x08 (uint8)"),
        ([0, 0, 9, 1, 0, 0, 0, 0], .wrongHeader, 0, "int8 elements with 1 axes"),
        ([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5], .wrongHeader, 0, "uint8 elements with 2 axes"),
        ([0, 0, 8, 1, 0, 0, 0], .tooShort, 7, "the end after 0 of 1 extents"),
        ([0, 0, 8, 1, 0, 0, 0, 3, 5, 6], .tooShort, 10, "the end after 2 of 3 element bytes"),
        ([0, 0, 8, 1, 255, 255, 255, 255], .tooShort, 8, "the end after 0 of 4294967295 element bytes"),
        ([0, 0, 8, 1, 0, 0, 0, 1, 5, 6], .tooLong, 9, "the first of them 0x06"),
    ]

    @Test(arguments: damaged.indices, [false, true])
    func `every damage has its message and place`(index: Int, compressed: Bool) throws {
        let (bytes, kind, offset, message) = Self.damaged[index]
        let path = try folder.write(compressed ? gzipped(bytes) : bytes)
        let error = try dataError { try IDXArray(path: path, expecting: .uint8, rank: 1) }
        #expect(error.kind == kind)
        #expect(error.position == (compressed ? .inflatedByte(offset) : .byte(offset)))
        #expect(error.description.contains(message))
        #expect(error.description.contains(path))
        #expect(error.exitStatus == 65)
    }

    @Test(arguments: [[UInt8](repeating: 255, count: 12), [UInt8](repeating: 255, count: 8) + [0, 0, 0, 0]])
    func `extents that overflow are refused, also beside a zero`(extents: [UInt8]) throws {
        let error = try dataError { try IDXArray(path: folder.write([0, 0, 8, 3] + extents)) }
        #expect(error.kind == .overflow)
        #expect(error.position == .byte(4))
        #expect(error.found.contains("4294967295, 4294967295"))
    }

    @Test func `values that do not fit are refused when written`() throws {
        #expect(try dataError { try IDXArray(elementType: .uint8, extents: [1], values: [256]) }.kind == .argument)
        #expect(try dataError { try IDXArray(elementType: .int32, extents: [1], values: [.nan]) }.kind == .argument)
        #expect(try dataError { try IDXArray(elementType: .uint8, extents: [2], bytes: [1]) }.kind == .argument)
        #expect(try dataError { try IDXArray(elementType: .uint8, extents: [-1], bytes: []) }.kind == .overflow)
    }

    #if os(Linux)
        @Test func `a header that claims a terabyte costs no memory`() throws {
            func peak() throws -> Int {
                let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") })
                return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) << 10
            }
            let header: [UInt8] = [0, 0, 8, 2, 0, 16, 0, 0, 0, 16, 0, 0]
            let path = try folder.write(gzipped(header + noise(100_000, seed: 9)))
            let before = try peak()
            let error = try dataError { try IDXArray(path: path) }
            #expect(error.found == "the end after 100000 of 1099511627776 element bytes")
            #expect(try peak() - before < 1 << 33)
        }
    #endif
}
