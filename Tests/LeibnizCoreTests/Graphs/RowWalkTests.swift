import Foundation
import LeibnizKernels
import Testing

@testable import LeibnizCore

/// What is done while rows are walked: exponentials that are kept, sums over columns.
@Suite struct `Walks over rows` {
    private func data(_ shape: Shape, seed: Int) throws -> Tensor {
        let x = Tensor.normal(shape, seed: seed, .float64)
        try evaluate(x)
        return x
    }

    private func lowering(_ roots: [Tensor]) -> ProgramLowering {
        ProgramLowering(Program(GraphSnapshot(roots.map(\.node), to: .values)))
    }

    private func nests(_ roots: [Tensor]) -> [LoopNest] {
        lowering(roots).kernels.compactMap { kernel in
            if case .nest(let nest) = kernel.work { nest } else { nil }
        }
    }

    private func expectClose(_ a: [Double], _ b: [Double], within tolerance: Double) {
        #expect(a.count == b.count)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) })
    }

    @Test func `each exponential of a row is computed once`() throws {
        let (x, w) = (try data([70, 301], seed: 1), try data([70, 301], seed: 2))
        let (y, gradient) = valueWithGradient(at: x) { sum(w * softmax($0)) }
        let exponentials = nests([y, gradient]).flatMap(\.values).filter { value in
            if case .unary(.exp, _) = value.operation { true } else { false }
        }
        #expect(exponentials.count == 1)

        let (numbers, weights) = (try x.doubles(), try w.doubles())
        var expected: [Double] = []
        for start in stride(from: 0, to: numbers.count, by: 301) {
            let row = numbers[start..<start + 301].map { Foundation.exp($0) }
            let total = row.reduce(0, +)
            let mean = zip(row, weights[start...]).reduce(0) { $0 + $1.0 / total * $1.1 }
            expected += zip(row, weights[start...]).map { $0 / total * ($1 - mean) }
        }
        for engine in Engine.all {
            expectClose(try engine.values(of: [y, gradient])[1], expected, within: 1e-12)
        }
    }

    /// The weights' gradient is a product: as a sum over rows it would add to every weight at each row.
    @Test func `products are not added up while rows are walked`() throws {
        let (x, w) = (try data([512, 64], seed: 1), try data([64, 301], seed: 2))
        let weight = try data([512, 301], seed: 3)
        let (_, gradient) = valueWithGradient(at: w) { w in
            let y = matmul(x, w)
            let centered = y - mean(y, axes: [1], keepingAxes: true)
            return sum(weight * centered * rsqrt(mean(centered * centered, axes: [1], keepingAxes: true) + 1e-5))
        }
        let lowering = lowering([gradient])
        #expect(lowering.kernels.count > 1)
        #expect(!lowering.program.instructions.contains { $0.primitive is PartialSums })
    }

    /// A normalisation of rows, the gradients of which with respect to scale and bias are sums over all rows.
    @Test(arguments: [512, 509, 96]) func `sums over columns are added up while rows are walked`(rows: Int) throws {
        let columns = 301
        let (x, w) = (try data([Int(rows), columns], seed: 1), try data([rows, columns], seed: 2))
        let (scale, bias) = (try data([columns], seed: 3), try data([columns], seed: 4))
        let (_, pull) = pullback(
            { (inputs: [Tensor]) -> Tensor in
                let centered = inputs[0] - mean(inputs[0], axes: [1], keepingAxes: true)
                let normal = centered * rsqrt(mean(centered * centered, axes: [1], keepingAxes: true) + 1e-5)
                return normal * inputs[1] + inputs[2]
            }, at: [x, scale, bias])
        let gradients = pull(w)
        let readers = lowering(gradients).kernels.filter { kernel in
            kernel.read.contains { lowering(gradients).program[$0].type.shape == [rows, columns] }
        }
        // 509 rows cannot be cut into equal parts, and 96 are too few to be worth it.
        #expect((readers.count == 1) == (rows == 512))

        let (numbers, weights) = (try x.doubles(), try w.doubles())
        var (ofScale, ofBias) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
        for row in 0..<rows {
            let values = numbers[row * columns..<(row + 1) * columns]
            let mean = values.reduce(0, +) / Double(columns)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            for column in 0..<columns {
                let weight = weights[row * columns + column]
                ofScale[column] += weight * (numbers[row * columns + column] - mean) / (variance + 1e-5).squareRoot()
                ofBias[column] += weight
            }
        }
        for engine in Engine.all {
            let found = try engine.values(of: gradients)
            expectClose(found[1], ofScale, within: 1e-11)
            expectClose(found[2], ofBias, within: 1e-11)
        }
    }
}
