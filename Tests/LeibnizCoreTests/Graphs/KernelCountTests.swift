import Foundation
import LeibnizKernels
import Testing

@testable import LeibnizCore

/// How many kernels a graph becomes, and that they compute what one operation after the other computes.
@Suite struct `Kernels of a graph` {
    private func kernelCount(_ roots: [Tensor]) -> Int {
        ProgramLowering(Program(GraphSnapshot(roots.map(\.node), to: .values))).kernels.count
    }

    private func isClose(_ a: Tensor, _ b: [Double]) throws -> Bool {
        let a = try a.doubles()
        return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
    }

    /// Enough rows, and few columns.
    private func rows(seed: Int) throws -> Tensor {
        let x = Tensor.normal([17, 5], seed: seed, .float64)
        try evaluate(x)
        return x
    }

    @Test func `a softmax is one kernel`() throws {
        let x = try rows(seed: 1)
        let y = softmax(x)
        #expect(kernelCount([y]) == 1)
        let values = try x.doubles()
        let expected = stride(from: 0, to: values.count, by: 5).flatMap { start -> [Double] in
            let row = values[start..<start + 5].map { Foundation.exp($0 - values[start..<start + 5].max()!) }
            return row.map { $0 / row.reduce(0, +) }
        }
        #expect(try isClose(y, expected))
    }

    @Test func `a cross entropy and its gradient walk their input twice`() throws {
        let x = try rows(seed: 2)
        let classes = Tensor((0..<17).map { Int32($0 % 5) })
        try evaluate(classes)
        let (value, gradient) = valueWithGradient(at: x) { x in
            -mean(logSoftmax(x).taking(along: -1, classes.expanded(at: -1)))
        }
        let lowering = ProgramLowering(Program(GraphSnapshot([value.node, gradient.node], to: .values)))
        // Once for the sums of rows, once for the derivative; the loss looks at one element of each row.
        #expect(lowering.kernels.filter { $0.memory.contains(lowering.program.inputs[0]) }.count == 3)
        let (probabilities, labels) = (try softmax(x).doubles(), (0..<17).map { $0 % 5 })
        let loss = labels.enumerated().reduce(0) { $0 - Foundation.log(probabilities[$1.0 * 5 + $1.1]) } / 17
        #expect(try isClose(value, [loss]))
        let expected = probabilities.enumerated().map { ($0.1 - (labels[$0.0 / 5] == $0.0 % 5 ? 1 : 0)) / 17 }
        #expect(try isClose(gradient, expected))
    }

    @Test func `a layer norm is one kernel`() throws {
        let x = try rows(seed: 3)
        let centered = x - mean(x, axes: [1], keepingAxes: true)
        let y = centered * rsqrt(mean(centered * centered, axes: [1], keepingAxes: true) + 1e-5)
        #expect(kernelCount([y]) == 1)
        let values = try x.doubles()
        let expected = stride(from: 0, to: values.count, by: 5).flatMap { start -> [Double] in
            let row = values[start..<start + 5]
            let mean = row.reduce(0, +) / 5
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
            return row.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
        }
        #expect(try isClose(y, expected))
    }

    @Test func `a maximum and its choice are one walk`() throws {
        let x = Tensor.normal([16, 64, 3], seed: 4, .float64)
        try evaluate(x)
        #expect(kernelCount([max(x, axes: [2]), argMax(x, axis: 2)]) == 1)
    }

    @Test func `what a kernel computes on its way is written by it`() throws {
        let (x, y) = (try rows(seed: 5), try rows(seed: 6))
        let (a, b) = (x + y, sin(x + y))
        let c = b * 2
        #expect(kernelCount([a, b, c]) == 1)
        try evaluate(a, b, c)
        #expect(try isClose(c, try a.doubles().map { 2 * Foundation.sin($0) }))
        #expect(try isClose(b, try a.doubles().map { Foundation.sin($0) }))
    }

    @Test func `gaps are cleared before what stands between them is written`() throws {
        // Large enough for kernels to join, and spread by a stride that leaves gaps and a rest.
        let x = Tensor.normal([1024], seed: 9, .float64)
        try evaluate(x)
        let (a, b) = (sin(x), Tensor(Pad(axis: 0, before: 1, after: 2, interior: 1), [x]))
        try evaluate(a, b)
        let (values, spread) = (try x.doubles(), try b.doubles())
        var expected = [Double](repeating: 0, count: 2050)
        for (place, value) in values.enumerated() { expected[2 * place + 1] = value }
        #expect(spread == expected)
        #expect(try isClose(a, values.map { Foundation.sin($0) }))
    }

    @Test func `batches stand innermost between the kernels of a net`() throws {
        let (x, w) = (Tensor.normal([64, 3, 7, 7], seed: 7), Tensor.normal([4, 3, 3, 3], seed: 8))
        try evaluate(x, w)
        let y = convolution(relu(convolution(x, w, padding: [1])).sliced(axis: 1, start: 0, count: 3), w)
        let lowering = ProgramLowering(Program(GraphSnapshot([y.node], to: .values)))
        let strides = lowering.kernels.dropFirst().compactMap { kernel -> Set<Int>? in
            guard case .nest(let nest) = kernel.work, let images = nest.outer.first else { return nil }
            return Set(
                nest.values.compactMap { value in
                    if case .load(let access) = value.operation { access.index.stride(of: images) } else { nil }
                })
        }
        #expect(strides.contains { $0.isSubset(of: [0, 1]) && $0.contains(1) })
    }
}
