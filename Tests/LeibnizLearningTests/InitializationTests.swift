import Foundation
import Leibniz
import Testing

@Suite struct `First values` {
    /// Draws with a seed, in float64.
    private func drawn(_ seed: Int = 1, _ draw: () -> Tensor) throws -> [Double] {
        try withElementType(.float64) { try withSeed(seed) { try draw().doubles() } }
    }

    private func expectMoments(
        _ numbers: [Double], deviation: Double, bound: Double = .infinity, _ comment: Comment
    ) {
        let n = Double(numbers.count)
        let mean = numbers.reduce(0, +) / n
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        #expect(abs(mean) < 5 * deviation / n.squareRoot(), comment)
        #expect(abs(variance.squareRoot() / deviation - 1) < 5 / n.squareRoot(), comment)
        #expect(numbers.allSatisfy { abs($0) <= bound }, comment)
    }

    @Test func `fans give the deviations of Xavier and He`() throws {
        let shape: Shape = [40, 30, 3, 2]
        let (fanIn, fanOut) = (180.0, 240.0)
        let xavier = (2 / (fanIn + fanOut)).squareRoot(), he = (2 / fanIn).squareRoot()
        expectMoments(try drawn { Initialization.xavierNormal(shape) }, deviation: xavier, "xavierNormal")
        expectMoments(
            try drawn { Initialization.xavierUniform(shape, gain: 2) }, deviation: 2 * xavier,
            bound: 2 * xavier * 3.0.squareRoot(),
            "xavierUniform")
        expectMoments(try drawn { Initialization.heNormal(shape) }, deviation: he, "heNormal")
        expectMoments(
            try drawn { Initialization.heUniform(shape, fan: .output, gain: 1) }, deviation: (1 / fanOut).squareRoot(),
            bound: (3 / fanOut).squareRoot(), "heUniform")
        expectMoments(
            try drawn { Initialization.lecunNormal(shape) }, deviation: (1 / fanIn).squareRoot(), "lecunNormal")
        #expect(try drawn { Initialization.normal([3]) } == drawn { Initialization.normal([3]) })
        #expect(try drawn { Initialization.normal([3]) } != drawn(2) { Initialization.normal([3]) })
    }

    @Test func `truncated normal numbers have the moments of their distribution`() throws {
        let numbers = try drawn { Initialization.truncatedNormal([20_000], mean: 1, deviation: 2, low: 0, high: 4) }
        #expect(numbers.allSatisfy { (0...4).contains($0) })
        // Moments of a truncated distribution: with a = −½, b = 1.5 in deviations.
        func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
        func share(_ x: Double) -> Double { (1 + erf(x / 2.0.squareRoot())) / 2 }
        let (a, b) = (-0.5, 1.5)
        let z = share(b) - share(a), shift = (density(a) - density(b)) / z
        let mean = 1 + 2 * shift
        let deviation = 2 * (1 + (a * density(a) - b * density(b)) / z - shift * shift).squareRoot()
        expectMoments(numbers.map { $0 - mean }, deviation: deviation, "truncatedNormal")
        // By ranks: the share below a number is that of the distribution.
        for x in [0.5, 1, 2, 3.5] {
            let expected = (share((x - 1) / 2) - share(a)) / z
            #expect(abs(Double(numbers.count { $0 < x }) / 20_000 - expected) < 5 * 0.5 / 20_000.0.squareRoot())
        }
    }

    @Test(arguments: [[3, 3], [2, 5], [5, 2], [4, 2, 3]])
    func `orthogonal rows or columns`(_ extents: [Int]) throws {
        let shape = Shape(extents)
        let q = withElementType(.float64) { withSeed(1) { Initialization.orthogonal(shape, gain: 3) } }
        let (rows, columns) = (extents[0], shape.count / extents[0])
        let matrix = q.reshaped(to: [rows, columns])
        let product = rows <= columns ? matmul(matrix, matrix.transposed()) : matmul(matrix.transposed(), matrix)
        let size = min(rows, columns)
        try expectClose(product, (0..<size * size).map { $0 % (size + 1) == 0 ? 9 : 0 }, within: 1e-13)
    }

    @Test func `units, gains and mistakes`() throws {
        #expect(try drawn { Initialization.identity([2, 3], gain: 2) } == [2, 0, 0, 0, 2, 0])
        #expect(Initialization.gain(for: .relu) == 2.0.squareRoot() && Initialization.gain(for: .tanh) == 5.0 / 3)
        #expect(Initialization.gain(for: .leakyRelu(slope: 1)) == 1)
        #expect(message(of: Initialization.orthogonal([3])).contains("two axes"))
        #expect(message(of: Initialization.identity([3])).contains("matrix"))
    }
}
