import LeibnizData
import TestFiles
import Testing

@Suite struct GzipReaderTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [0, 1, 2, 65_535, 65_536, 65_537, 300_000], [false, true])
    func `what was written is read, plain and compressed`(count: Int, compressed: Bool) throws {
        let bytes = noise(count, seed: 1)
        let reader = try GzipReader(path: folder.write(compressed ? gzipped(bytes) : bytes))
        #expect(reader.isCompressed == compressed)
        #expect(try reader.bytes(atMost: count) == bytes)
        try reader.expectEnd(after: "all")
        #expect(reader.inflatedByteCount == count)
        #expect(reader.heldByteCount == count)
        #expect(reader.largestExcess <= 0)
    }

    @Test func `asking for more than there is returns what there is`() throws {
        let bytes = noise(1000, seed: 2)
        let reader = try GzipReader(path: folder.write(gzipped(bytes)))
        #expect(try reader.bytes(atMost: 10) == Array(bytes[..<10]))
        #expect(try reader.bytes(atMost: .max) == Array(bytes[10...]))
        #expect(try reader.bytes(atMost: .max) == [])
    }

    @Test func `members that follow one another are one stream`() throws {
        let (a, b) = (noise(70_000, seed: 3), noise(5, seed: 4))
        let path = try folder.write(gzipped(a) + gzipped([]) + gzipped(b))
        #expect(try GzipReader(path: path).bytes(atMost: .max) == a + b)
    }

    @Test func `a gzip file cut anywhere is cut short`() throws {
        let whole = try gzipped(noise(300, seed: 5))
        for length in 2..<whole.count {
            let path = try folder.write(Array(whole[..<length]))
            let error = try dataError { try GzipReader(path: path).bytes(atMost: .max) }
            #expect(error.kind == .damagedCompression)
            #expect(error.summary == "the gzip file is cut short")
            #expect(error.position == .byte(length))
        }
    }

    @Test func `a wrong checksum, a wrong length and damaged codes are told apart`() throws {
        let whole = try gzipped(noise(300, seed: 6))
        for (offset, summary) in [
            (whole.count - 8, "the gzip checksum does not match the data"),
            (whole.count - 4, "the gzip length does not match the data"),
            (10, "the gzip data are damaged"),
        ] {
            var damaged = whole
            damaged[offset] ^= 0x06
            let path = try folder.write(damaged)
            let error = try dataError { try GzipReader(path: path).bytes(atMost: .max) }
            #expect(error.kind == .damagedCompression)
            #expect(error.summary == summary)
            #expect(error.exitStatus == 65)
            #expect(error.subject == path)
        }
    }

    @Test func `what follows the last member is an error at its offset`() throws {
        let whole = try gzipped(noise(300, seed: 7))
        let path = try folder.write(whole + [0, 0, 0])
        let error = try dataError { try GzipReader(path: path).bytes(atMost: .max) }
        #expect(error.summary == "something follows the end of the gzip data")
        #expect(error.position == .byte(whole.count))
        #expect(error.found == "a byte 0x00")
    }

    @Test func `a file that goes on after its data is too long`() throws {
        let path = try folder.write(gzipped([1, 2, 3]))
        let reader = try GzipReader(path: path)
        _ = try reader.bytes(atMost: 2)
        let error = try dataError { try reader.expectEnd(after: "2 bytes") }
        #expect(error.kind == .tooLong)
        #expect(error.position == .inflatedByte(2))
        #expect(error.found == "more bytes, the first of them 0x03")
    }
}
