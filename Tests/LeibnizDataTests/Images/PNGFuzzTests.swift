import LeibnizData
import TestFiles
import Testing

@Suite struct PNGFuzzTests {
    @Test func `mutated pictures end in a picture or an error`() throws {
        let folder = try TemporaryFolder()
        var corpus: [[UInt8]] = []
        for (channels, depth) in [(1, PNGImage.Depth.eight), (3, .eight), (4, .sixteen)] {
            let samples = noise(7 * 5 * channels, seed: UInt64(channels)).map(UInt16.init)
            let path = folder.path + "/\(channels).png"
            try PNGImage(width: 7, height: 5, channels: channels, depth: depth, samples: samples).write(to: path)
            corpus.append(try GzipReader(path: path).bytes(atMost: .max))
        }
        let outcomes = try Fuzz.run(
            corpus: corpus, words: ["IDAT", "IEND", "PLTE", "tRNS", "iCCP"].map { Array($0.utf8) },
            rounds: Fuzz.rounds(2000), as: "a.png"
        ) { _ = try PNGImage(contentsOf: $0) }
        outcomes.expectReached([nil, .malformed, .wrongHeader])
    }
}
