import Testing

@testable import LeibnizKernels

/// Places for what passes from kernel to kernel of a chain.
@Suite struct `Memory that passes` {
    /// Kernels with three buffers each; a value's places are those of its writer and its readers.
    private func memory(_ lives: [(writer: Int, reader: Int, bytes: Int)], kernels: Int) -> (
        offsets: [Int], byteCount: Int
    ) {
        let passing = lives.map {
            BandedKernel.Passing(places: [3 * $0.writer, 3 * $0.reader + 1], bandBytes: $0.bytes)
        }
        return BandedKernel.layout(passing, Array(repeating: 3, count: kernels))
    }

    @Test func `is taken again when it has been read for the last time`() {
        let chain = memory((0..<6).map { (writer: $0, reader: $0 + 1, bytes: 4000) }, kernels: 7)
        #expect(chain.byteCount == 2 * 4032)
        #expect(Set(chain.offsets) == [0, 4032])
        // Smaller ones find room in what a larger one had.
        let mixed = memory([(0, 1, 8192), (2, 3, 1000), (2, 3, 2000), (2, 4, 9000)], kernels: 5)
        #expect(mixed.byteCount == 1024 + 2048 + 9024)
    }

    @Test func `belongs to one value at a time`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            let lives = (0..<12).map { _ in
                let writer = Int.random(in: 0..<7, using: &generator)
                return (
                    writer: writer, reader: Int.random(in: writer + 1...8, using: &generator),
                    bytes: Int.random(in: 1...5000, using: &generator)
                )
            }
            let memory = memory(lives, kernels: 9)
            for (first, a) in lives.enumerated() {
                #expect(memory.offsets[first] % 64 == 0 && memory.offsets[first] + a.bytes <= memory.byteCount)
                for (second, b) in lives.enumerated().dropFirst(first + 1)
                where a.writer <= b.reader && b.writer <= a.reader {
                    let (from, other) = (memory.offsets[first], memory.offsets[second])
                    #expect(from + a.bytes <= other || other + b.bytes <= from)
                }
            }
        }
    }
}
