import Foundation
import LeibnizCore
import LeibnizData
import TestFiles
import Testing

@Suite struct `PNG files` {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Every format: random samples; with alpha and 16 bits colours are products with it, which come back to what alpha resolves.
    @Test(arguments: [1, 2, 3, 4], PNGImage.Depth.allCases)
    func `what is written is read`(_ channels: Int, _ depth: PNGImage.Depth) throws {
        for (width, height) in [(1, 1), (7, 5), (130, 33)] {
            let bytes = noise(width * height * channels * 2, seed: UInt64(width))
            var samples = (0..<width * height * channels).map {
                (UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1])) & depth.peak
            }
            if depth == .sixteen, channels % 2 == 0 {
                for pixel in 0..<width * height { samples[pixel * channels + channels - 1] = 65535 }
            }
            let image = try PNGImage(width: width, height: height, channels: channels, depth: depth, samples: samples)
            let path = folder.path + "/image.png"
            try image.write(to: path)
            #expect(try PNGImage(contentsOf: path) == image)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["image.png"])
        }
    }

    @Test func `palettes and few bits are expanded, and interlacing does not matter`() throws {
        // 2×2 pixels of 2 bits: colours 0 1 / 2 0 of a palette of three.
        let palette: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255]
        let file = PNGFileBuilder(width: 2, height: 2, bits: 2, colour: 3)
        let path = try folder.write(
            file.bytes([("PLTE", palette)], rows: [[0b0001_0000], [0b1000_0000]]), as: "palette.png")
        let image = try PNGImage(contentsOf: path)
        #expect(image.channels == 3 && image.depth == .eight)
        #expect(image.samples == [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0])
        let grey = try folder.write(
            PNGFileBuilder(width: 4, height: 1, bits: 1, colour: 0).bytes([], rows: [[0b0101_0000]]), as: "bits.png")
        #expect(try PNGImage(contentsOf: grey).samples == [0, 255, 0, 255])
    }

    @Test func `pictures are tensors and back`() throws {
        let tensor = Tensor([0, 0.2, 0.4, 0.6, 0.8, 1, -1, 2, .nan, 0.5, 0.1, 0.9], shape: [3, 2, 2])
        let image = try PNGImage(tensor)
        #expect(image.samples == [0, 204, 0, 51, 255, 128, 102, 0, 26, 153, 255, 229])
        #expect(image.tensor.shape == [3, 2, 2])
        #expect(try PNGImage(image.tensor) == image)
        let grey = try PNGImage(Tensor([[0.25, 0.75]]), depth: .sixteen)
        #expect(grey.channels == 1 && grey.samples == [16384, 49151])
        let error = try #require(#expect(throws: DataError.self) { _ = try PNGImage(Tensor([1.0])) })
        #expect(error.kind == .argument)
        #expect(throws: DataError.self) { _ = try PNGImage(Tensor.zeros([5, 2, 2])) }
    }

    @Test func `damaged files are errors that name the file and the reason`() throws {
        let image = try PNGImage(width: 40, height: 30, channels: 3, samples: noise(3600, seed: 1).map(UInt16.init))
        let path = folder.path + "/whole.png"
        try image.write(to: path)
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for length in stride(from: 0, to: whole.count - 12, by: 37) {
            let error = try dataError {
                try PNGImage(contentsOf: folder.write(Array(whole[..<length]), as: "short.png"))
            }
            #expect([.malformed, .wrongHeader].contains(error.kind), "\(length) bytes: \(error)")
            #expect(error.subject.hasSuffix("short.png") && !error.found.isEmpty)
            #expect(error.exitStatus == 65)
        }
        var random = TestRandom(state: 7)
        for _ in 0..<500 {
            var wild = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                wild[Int.random(in: 0..<wild.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let file = try folder.write(wild, as: "wild.png")
            do { _ = try PNGImage(contentsOf: file) } catch { #expect(error.exitStatus == 65) }
        }
        let text = try folder.write(Array("no picture at all".utf8), as: "text.png")
        #expect(try dataError { try PNGImage(contentsOf: text) }.kind == .wrongHeader)
        #expect(try dataError { try PNGImage(contentsOf: folder.path + "/none.png") }.kind == .missing)
        #expect(try dataError { try PNGImage(contentsOf: folder.path) }.kind == .wrongFileKind)
        #expect(try dataError { try PNGImage(contentsOf: path, byteLimit: 100) }.kind == .overflow)
    }

    @Test func `a header that promises more than the file can hold allocates nothing`() throws {
        let file = PNGFileBuilder(width: 900_000, height: 900_000, bits: 16, colour: 6)
        let error = try dataError {
            try PNGImage(contentsOf: folder.write(file.bytes([], rows: [[0]]), as: "vast.png"))
        }
        #expect(error.kind == .malformed)
        #expect(error.summary.contains("larger than its file"))
    }

    @Test func `a file that cannot be written leaves what was there`() throws {
        let image = try PNGImage(width: 1, height: 1, channels: 1, samples: [7])
        let error = try dataError { try image.write(to: folder.path + "/none/image.png") }
        #expect(error.kind == .missing && error.subject.hasSuffix("none/image.png"))
        try FileManager.default.createDirectory(atPath: folder.path + "/taken/full", withIntermediateDirectories: true)
        #expect(throws: DataError.self) { try image.write(to: folder.path + "/taken") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        #expect(throws: DataError.self) { _ = try PNGImage(width: 2, height: 1, channels: 1, samples: [7]) }
        #expect(throws: DataError.self) { _ = try PNGImage(width: 1, height: 1, channels: 1, samples: [256]) }
    }
}

/// PNG files byte by byte, for what no writer writes (ISO/IEC 15948).
private struct PNGFileBuilder {
    var width: Int, height: Int, bits: UInt8, colour: UInt8

    func bytes(_ chunks: [(String, [UInt8])], rows: [[UInt8]]) -> [UInt8] {
        let header = Self.number(width) + Self.number(height) + [bits, colour, 0, 0, 0]
        let raw: [UInt8] = rows.flatMap { [UInt8(0)] + $0 }
        // One stored block of deflate in a zlib stream.
        let (low, high) = (UInt8(raw.count & 255), UInt8(raw.count >> 8))
        var (a, b) = (1, 0)
        for byte in raw { (a, b) = ((a + Int(byte)) % 65521, (b + a + Int(byte)) % 65521) }
        let stream: [UInt8] = [0x78, 0x01, 1, low, high, ~low, ~high] + raw + Self.number(b << 16 | a)
        let all: [(String, [UInt8])] = [("IHDR", header)] + chunks + [("IDAT", stream), ("IEND", [])]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + all.flatMap { Self.chunk($0.0, $0.1) }
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        var crc: UInt32 = .max
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return number(data.count) + body + number(Int(~crc))
    }

    private static func number(_ n: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> $0) } }
}
