import LeibnizCore
import LeibnizData
import Testing

@Suite struct `Texts as numbers` {
    @Test func `a vocabulary is in Unicode's order, and of its own text the same`() throws {
        let vocabulary = CharacterVocabulary(of: ["né\r\n", "öl A"])
        #expect(vocabulary.text == "\n\r Alnéö")
        #expect(try vocabulary.encoded("An\n") == [3, 5, 0])
        #expect(vocabulary.decoded([3, 5, 0, 99, -1]) == "An\n")
        #expect(CharacterVocabulary(of: [vocabulary.text]) == vocabulary)
        #expect(throws: DataError.self) { try vocabulary.encoded("An x") }
    }

    /// What rows of a source say, window after window: inputs, and targets where they count.
    private func rows(_ streams: TextStreams) throws -> [(inputs: [Int], targets: [Int])] {
        var rows: [(inputs: [Int], targets: [Int])] = []
        for number in 0..<streams.count {
            let window = streams.window(number)
            let (steps, count) = (window.inputs.shape[0], window.inputs.shape[1])
            if rows.isEmpty { rows = Array(repeating: ([], []), count: count) }
            let (inputs, targets) = (try window.inputs.doubles(), try window.targets.doubles())
            let weights = try window.weights.doubles()
            #expect(window.count == weights.count { $0 == 1 })
            #expect(try window.isContinued.item() == (number == 0 ? 0 : 1))
            for place in 0..<steps * count where weights[place] == 1 {
                rows[place % count].inputs.append(Int(inputs[place]))
                rows[place % count].targets.append(Int(targets[place]))
            }
        }
        return rows
    }

    @Test func `one text in equal parts goes on from window to window`() throws {
        let streams = TextStreams((0..<32).map { Int32($0) }, rows: 3, steps: 4)
        // Ten characters a row: nine have a successor in it, of which two windows of four use eight.
        #expect(streams.count == 2)
        for (number, row) in try rows(streams).enumerated() {
            let first = 10 * number
            #expect(row.inputs == Array(first..<first + 8))
            #expect(row.targets == Array(first + 1..<first + 9))
        }
        #expect(TextStreams([1, 2], rows: 3, steps: 4).count == 0)
    }

    @Test func `texts of several lengths are seen whole`() throws {
        let texts: [[Int32]] = [Array(0..<7), Array(10..<13), [20], []]
        let rows = try rows(TextStreams(texts, steps: 4))
        for (row, text) in zip(rows, texts) {
            #expect(row.inputs == text.dropLast().map { Int($0) })
            #expect(row.targets == text.dropFirst().map { Int($0) })
        }
        #expect(TextStreams([[Int32]](), steps: 4).count == 0)
    }
}
