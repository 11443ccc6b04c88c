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
            let kernel = RowSortKernel(RowSort(type: type, rows: rows, length: length, descending: descending))
            let empty = [UInt8](repeating: 0, count: rows * length * 8)
            let (results, status) = runKernel(kernel, buffers: [bytes(keys), empty])
            let expected = (0..<rows).flatMap {
                reference(Array(keys[$0 * length..<($0 + 1) * length]), descending: descending, isNaN: isNaN)
            }
            #expect(numbers(results[1], as: Int64.self) == expected)
            #expect(status.failedCheck == 0)
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
