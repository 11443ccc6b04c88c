import LeibnizData
import TestFiles
import Testing

@Suite struct BytePairTests {
    let text = String(repeating: "low lower lowest newer newest wide wider widest, größer 12 + 12 = 24\n", count: 20)

    @Test func `the first pairs are the most frequent ones`() throws {
        // Gage's example, by hand: a a occurs four times, then the new token with a b.
        let tokenizer = try BytePairTokenizer(training: "aaabdaaabac", vocabulary: 258)
        #expect(tokenizer.merges == [.init(97, 97), .init(97, 98)])
        #expect(tokenizer.encode("aaab") == [256, 257])
        #expect(try BytePairTokenizer(training: "abc", vocabulary: 300).count == 256)
    }

    @Test(arguments: [256, 260, 300, 400]) func `what is encoded is decoded, whatever it is`(vocabulary: Int) throws {
        let tokenizer = try BytePairTokenizer(training: text, vocabulary: vocabulary)
        for sample in [text, "", " ", "   two  spaces ", "🙂 unseen\u{0}", "\r\n\t x", "it's"] {
            let tokens = tokenizer.encode(sample)
            #expect(tokenizer.decode(tokens) == sample)
            #expect(tokens.allSatisfy { 0..<tokenizer.count ~= $0 })
        }
        #expect(tokenizer.count <= vocabulary)
        #expect(vocabulary == 256 || tokenizer.encode(text).count < text.utf8.count)
        #expect(tokenizer.bytes(of: [104, -1, 100_000, 105]) == [104, 105])
    }

    @Test func `training follows from the text alone, and goes on where a smaller one stopped`() throws {
        let small = try BytePairTokenizer(training: text, vocabulary: 280)
        let large = try BytePairTokenizer(training: text, vocabulary: 320)
        #expect(try BytePairTokenizer(training: text, vocabulary: 320) == large)
        #expect(Array(large.merges.prefix(small.merges.count)) == small.merges)
    }

    @Test func `counts agree with counting anew for every pair`() throws {
        let tokenizer = try BytePairTokenizer(training: text, vocabulary: 300)
        // The words as the documentation cuts them, joined step by step.
        var words = [[Int]]()
        var word = [Int]()
        var last = 0
        func kind(_ byte: UInt8) -> Int {
            byte == 0x20 || byte == 0x0A ? 0 : byte == 0x2B || byte == 0x2C || byte == 0x3D ? 2 : 1
        }
        for byte in text.utf8 {
            let isNew = kind(byte) != last && !(last == 0 && word == [0x20])
            if isNew, !word.isEmpty {
                words.append(word)
                word = []
            }
            word.append(Int(byte))
            last = kind(byte)
        }
        words.append(word)
        for (rank, merge) in tokenizer.merges.enumerated() {
            var counts: [BytePairTokenizer.Pair: Int] = [:]
            for word in words { for (a, b) in zip(word, word.dropFirst()) { counts[.init(a, b), default: 0] += 1 } }
            let most = try #require(counts.values.max())
            let best = try #require(
                counts.filter { $0.value == most }.keys.min { ($0.left, $0.right) < ($1.left, $1.right) })
            #expect(best == merge, "number \(rank)")
            words = words.map { word in
                var result = [Int]()
                for token in word {
                    if result.last == merge.left, token == merge.right,
                        !(merge.left == merge.right && result.last == 256 + rank)
                    {
                        result[result.count - 1] = 256 + rank
                    } else {
                        result.append(token)
                    }
                }
                return result
            }
        }
    }

    @Test func `a saved tokenizer is read`() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try BytePairTokenizer(training: text, vocabulary: 300)
        try tokenizer.save(to: folder.path + "/t.json")
        #expect(try BytePairTokenizer(path: folder.path + "/t.json") == tokenizer)
        let damaged: [(text: String, kind: DataError.Kind)] = [
            ("{}", .wrongHeader), ("[", .malformed),
            ("{\"type\":\"byte-pair\",\"version\":1,\"merges\":[[1]]}", .malformed),
            ("{\"type\":\"byte-pair\",\"version\":1,\"merges\":[[1,256]]}", .inconsistent),
            ("{\"type\":\"byte-pair\",\"version\":1,\"merges\":[[1,2],[1,2]]}", .inconsistent),
            ("{\"type\":\"byte-pair\",\"version\":1,\"merges\":[[-1,2]]}", .inconsistent),
        ]
        for (text, kind) in damaged {
            let path = try folder.write(Array(text.utf8))
            let error = try dataError { try BytePairTokenizer(path: path) }
            #expect(error.kind == kind && error.subject == path, "\(text): \(error)")
        }
        #expect(try dataError { try BytePairTokenizer(training: "a", vocabulary: 10) }.kind == .argument)
    }

    @Test func `a hostile file whose tokens double is refused`() throws {
        let merges = (0..<60).map { $0 == 0 ? BytePairTokenizer.Pair(0, 0) : .init(255 + $0, 255 + $0) }
        #expect(try dataError { try BytePairTokenizer(merges: merges) }.kind == .argument)
    }

    @Test func `mutated tokenizers end in one or an error`() throws {
        let folder = try TemporaryFolder()
        try BytePairTokenizer(training: text, vocabulary: 270).save(to: folder.path + "/t.json")
        let corpus = [try GzipReader(path: folder.path + "/t.json").bytes(atMost: .max)]
        let words = ["[", "]", "{", "}", ",", "1e9", "null", "\"", "\\u12", "-1", "256"].map { Array($0.utf8) }
        let outcomes = try Fuzz.run(corpus: corpus, words: words, rounds: Fuzz.rounds(2000), as: "t.json") {
            _ = try BytePairTokenizer(path: $0).encode("newest")
        }
        outcomes.expectReached([nil, .malformed, .inconsistent, .wrongHeader])
    }

    @Test func `text that is not UTF-8 has a place`() throws {
        let folder = try TemporaryFolder()
        #expect(try TextFile.read(folder.write(Array("\u{FEFF}grün\n".utf8))) == "grün\n")
        let bad: [[UInt8]] = [
            [0x61, 0xC0, 0x80], [0x61, 0xED, 0xA0, 0x80], [0x61, 0xF4, 0x90, 0x80, 0x80], [0x61, 0xE2, 0x82],
            [0x61, 0xFF],
            [0x61, 0xE0, 0x9F, 0x80], [0x61, 0xF0, 0x8F, 0x80, 0x80], [0x61, 0x80],
        ]
        for bytes in bad {
            #expect(try dataError { try TextFile.read(folder.write(bytes)) }.position == .byte(1))
            #expect(try dataError { try TextFile.read(folder.write(gzipped(bytes))) }.position == .inflatedByte(1))
            #expect(String(validating: bytes, as: UTF8.self) == nil)
        }
        let kinds: [UInt8] = [0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0x9F, 0xA0]
        var random = TestRandom(state: 3)
        for _ in 0..<2000 {
            let bytes = (0..<6).map { _ in kinds.randomElement(using: &random) ?? 0 }
            let isText = (try? TextFile.read(folder.write(bytes))) != nil
            #expect(isText == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
