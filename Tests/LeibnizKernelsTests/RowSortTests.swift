import LeibnizKernels
import Testing

@Suite struct RowSortTests {
    static let shapes = [(1, 0), (0, 5), (3, 1), (4, 7), (2, 24), (2, 25), (3, 300), (1, 2000)]

    /// The definition: positions ordered by key, NaN last, equal keys by position.
    private func reference<Key: Comparable>(
        _ keys: [Key], descending: Bool, isNaN: (Key) -> Bool = { _ in false }
    ) -> [Int64] {
        func isBefore(_ a: Key, _ b: Key) -> Bool { isNaN(b) ? !isNaN(a) : !isNaN(a) && a < b }
        return keys.indices.sorted { i, j in
            let (a, b) = descending ? (keys[j], keys[i]) : (keys[i], keys[j])
            if isBefore(a, b) { return true }
            return isBefore(b, a) ? false : i < j
        }.map(Int64.init)
    }

    private func check<Key: Comparable & BitwiseCopyable>(
        _ type: ElementType, _ shape: (Int, Int), draw: (inout SeededGenerator) -> Key,
        isNaN: (Key) -> Bool = { _ in false }
    ) {
        let (rows, length) = shape
        for descending in [false, true] {
            var generator = SeededGenerator(seed: UInt64(rows * 1000 + length))
            let keys = (0..<rows * length).map { _ in draw(&generator) }
            let expected = (0..<rows).map {
                reference(Array(keys[$0 * length..<($0 + 1) * length]), descending: descending, isNaN: isNaN)
            }
            // All, and what comes first: few, as many as are sorted by insertion and one more, all but one.
            for kept in Set([0, 1, 3, 24, 25, length / 2, length - 1, length]) where (0...length).contains(kept) {
                let kernel = RowSortKernel(
                    RowSort(type: type, rows: rows, length: length, kept: kept, descending: descending))
                let empty = [UInt8](repeating: 0, count: rows * kept * 8)
                let (results, status) = runKernel(kernel, buffers: [bytes(keys), empty])
                let first = expected.flatMap { $0.prefix(kept) }
                #expect(numbers(results[1], as: Int64.self) == first, "\(kept) of \(length)")
                #expect(status.failedCheck == 0)
            }
        }
    }

    /// Rows that threads share are sorted as by one.
    @Test(arguments: [1, 2, 3]) func `threads share rows`(threads: Int) {
        var generator = SeededGenerator(seed: 5)
        let (rows, length) = (37, 301)
        let keys = (0..<rows * length).map { _ in Float.random(in: -9...9, using: &generator).rounded() }
        for kept in [7, length] {
            let kernel = RowSortKernel(RowSort(type: .float32, rows: rows, length: length, kept: kept))
            let empty = [UInt8](repeating: 0, count: rows * kept * 8)
            let (results, _) = runKernel(kernel, buffers: [bytes(keys), empty], threads: threads)
            let expected = (0..<rows).flatMap {
                reference(Array(keys[$0 * length..<($0 + 1) * length]), descending: false).prefix(kept)
            }
            #expect(numbers(results[1], as: Int64.self) == expected)
        }
    }

    @Test(arguments: shapes) func `floats sort stably, NaN as greatest, both zeros equal`(rows: Int, length: Int) {
        let special: [Double] = [0, -0.0, .nan, -.nan, .infinity, -.infinity, 1, -1, .leastNonzeroMagnitude]
        func draw(_ generator: inout SeededGenerator) -> Double {
            Bool.random(using: &generator)
                ? special.randomElement(using: &generator) ?? 0 : Double.random(in: -1e3...1e3, using: &generator)
        }
        check(.float64, (rows, length), draw: draw, isNaN: \.isNaN)
        check(.float32, (rows, length), draw: { Float(draw(&$0)) }, isNaN: \.isNaN)
    }

    @Test(arguments: shapes) func `integers and truth values sort stably`(rows: Int, length: Int) {
        let shape = (rows, length)
        check(.int64, shape) { Int64.random(in: .min ... .max, using: &$0) }
        check(.int64, shape) { Int64.random(in: -3...3, using: &$0) }
        check(.int32, shape) { Int32.random(in: .min ... .max, using: &$0) }
        check(.uint8, shape) { UInt8.random(in: .min ... .max, using: &$0) }
        check(.bool, shape) { UInt8.random(in: 0...1, using: &$0) }
    }
}
