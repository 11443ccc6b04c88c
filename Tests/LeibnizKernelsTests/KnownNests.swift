import LeibnizKernels

/// Loop nests whose results are also written down as plain Swift loops, which share nothing with any reader of nests.
struct KnownNest: CustomStringConvertible {
    /// What it computes.
    var description: String
    var nest: LoopNest
    /// The data of the input and update buffers, all float64.
    var inputs: [[Double]]
    /// What the last buffer holds afterwards.
    var expected: [Double]

    static let all = [
        matrixProduct(5, 7, 6), matrixProduct(1, 1, 1), matrixProduct(16, 9, 33), matrixProduct(3, 0, 4),
        convolution(images: 2, channels: 3, outputs: 4, size: 6, kernel: 3, step: 1, padding: 1),
        convolution(images: 9, channels: 1, outputs: 2, size: 7, kernel: 2, step: 2, padding: 0),
        softmax(4, 10), softmax(1, 1), softmax(17, 33), prefixSum(3, 20), scatter(rows: 30, columns: 5, extent: 7),
    ]

    private static func data(_ count: Int, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Double.random(in: -2..<2, using: &generator) }
    }

    private static func input(_ count: Int) -> BufferDeclaration {
        BufferDeclaration(.float64, count: count, role: .input)
    }

    private static func output(_ count: Int) -> BufferDeclaration {
        BufferDeclaration(.float64, count: count, role: .output)
    }

    /// c[i, j] = Σ_k a[i, k] b[k, j]; transposed, the second operand's columns lie one after the other.
    static func matrixProduct(_ m: Int, _ k: Int, _ n: Int, isTransposed: Bool = false) -> KnownNest {
        var nest = LoopNest(name: "matrix_product")
        nest.buffers = [input(m * k), input(k * n), output(m * n)]
        nest.axes = [Axis(m), Axis(n), Axis(k)]
        nest.outer = [0, 1]
        let a = nest.value(.load(Access(0, Affine(0, [(0, k), (2, 1)]))), .float64)
        let (row, column) = isTransposed ? (1, k) : (n, 1)
        let b = nest.value(.load(Access(1, Affine(0, [(2, row), (1, column)]))), .float64)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, a, b), .float64))]
        let c = nest.value(.reduced(0), .float64)
        nest.stages = [
            Stage(axes: [2], reductions: [0]), Stage(stores: [Store(Access(2, Affine(0, [(0, n), (1, 1)])), c)]),
        ]
        let (left, right) = (data(m * k, seed: 1), data(k * n, seed: 2))
        var expected = [Double](repeating: 0, count: m * n)
        for i in 0..<m {
            for j in 0..<n { for l in 0..<k { expected[i * n + j] += left[i * k + l] * right[l * row + j * column] } }
        }
        return KnownNest(
            description: "matrix product \(m)×\(k)×\(n)", nest: nest, inputs: [left, right], expected: expected)
    }

    /// y[n, o, r, s] = Σ_{c, u, v} x[n, c, step·r + u − padding, step·s + v − padding] w[o, c, u, v].
    static func convolution(
        images: Int, channels: Int, outputs: Int, size: Int, kernel: Int, step: Int, padding: Int
    ) -> KnownNest {
        let out = (size + 2 * padding - kernel) / step + 1
        var nest = LoopNest(name: "convolution")
        nest.buffers = [
            input(images * channels * size * size), input(outputs * channels * kernel * kernel),
            output(images * outputs * out * out),
        ]
        nest.axes = [images, outputs, out, out, channels, kernel, kernel].map { Axis($0) }
        nest.outer = [0, 1, 2, 3]
        let row = Affine(-padding, [(2, step), (5, 1)])
        let column = Affine(-padding, [(3, step), (6, 1)])
        let place = Affine(
            -padding * (size + 1),
            [(0, channels * size * size), (4, size * size), (2, step * size), (5, size), (3, step), (6, 1)])
        let x = nest.value(
            .load(Access(0, place, bounds: [Bound(row, extent: size), Bound(column, extent: size)])), .float64)
        let area = kernel * kernel
        let w = nest.value(
            .load(Access(1, Affine(0, [(1, channels * area), (4, area), (5, kernel), (6, 1)]))), .float64)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, x, w), .float64))]
        let y = nest.value(.reduced(0), .float64)
        let target = Affine(0, [(0, outputs * out * out), (1, out * out), (2, out), (3, 1)])
        nest.stages = [Stage(axes: [4, 5, 6], reductions: [0]), Stage(stores: [Store(Access(2, target), y)])]

        let image = data(images * channels * size * size, seed: 3)
        let weights = data(outputs * channels * area, seed: 4)
        var expected: [Double] = []
        for n in 0..<images {
            for o in 0..<outputs {
                for (r, s) in (0..<out * out).map({ ($0 / out, $0 % out) }) {
                    var sum = 0.0
                    for c in 0..<channels {
                        for (u, v) in (0..<area).map({ ($0 / kernel, $0 % kernel) }) {
                            let (i, j) = (r * step + u - padding, s * step + v - padding)
                            guard i >= 0, j >= 0, i < size, j < size else { continue }
                            sum +=
                                image[((n * channels + c) * size + i) * size + j]
                                * weights[((o * channels + c) * kernel + u) * kernel + v]
                        }
                    }
                    expected.append(sum)
                }
            }
        }
        return KnownNest(
            description: "convolution \(size)×\(size), \(kernel)×\(kernel)", nest: nest, inputs: [image, weights],
            expected: expected)
    }

    /// y[i, j] = e^(x[i, j] − max_k x[i, k]) / Σ_l e^(x[i, l] − max_k x[i, k]).
    static func softmax(_ rows: Int, _ columns: Int) -> KnownNest {
        var nest = LoopNest(name: "softmax")
        nest.buffers = [input(rows * columns), output(rows * columns)]
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0]
        let at = Affine(0, [(0, columns), (1, 1)])
        let x = nest.value(.load(Access(0, at)), .float64)
        nest.reductions.append(Reduction(.max, x))
        let difference = nest.value(.binary(.subtract, x, nest.value(.reduced(0), .float64)), .float64)
        let e = nest.value(.unary(.exp, difference), .float64)
        nest.reductions.append(Reduction(.sum, e))
        let y = nest.value(.binary(.divide, e, nest.value(.reduced(1), .float64)), .float64)
        nest.stages = [
            Stage(axes: [1], reductions: [0]), Stage(axes: [1], reductions: [1]),
            Stage(axes: [1], stores: [Store(Access(1, at), y)]),
        ]
        let values = data(rows * columns, seed: 5)
        var expected: [Double] = []
        for row in 0..<rows {
            let powers = values[row * columns..<(row + 1) * columns].map(exponential)
            let total = powers.reduce(0, +)
            expected += powers.map { $0 / total }
        }
        return KnownNest(
            description: "softmax \(rows)×\(columns)", nest: nest, inputs: [values], expected: expected)
    }

    /// eˣ by its series, for small x.
    private static func exponential(_ x: Double) -> Double {
        (1...30).reversed().reduce(1.0) { 1 + $0 * x / Double($1) }
    }

    /// y[i, j] = Σ_{k ≤ j} x[i, k].
    static func prefixSum(_ rows: Int, _ columns: Int) -> KnownNest {
        var nest = LoopNest(name: "prefix_sum")
        nest.buffers = [input(rows * columns), output(rows * columns)]
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0]
        let at = Affine(0, [(0, columns), (1, 1)])
        nest.reductions = [Reduction(.sum, nest.value(.load(Access(0, at)), .float64))]
        let y = nest.value(.reduced(0), .float64)
        nest.stages = [Stage(axes: [1], ordered: true, reductions: [0], stores: [Store(Access(1, at), y)])]
        let values = data(rows * columns, seed: 6)
        let expected = values.indices.map { place in values[place / columns * columns...place].reduce(0, +) }
        return KnownNest(
            description: "prefix sum \(rows)×\(columns)", nest: nest, inputs: [values], expected: expected)
    }

    /// table[⌊index[i]⌋, j] += x[i, j], with indices outside the table left out.
    static func scatter(rows: Int, columns: Int, extent: Int) -> KnownNest {
        var nest = LoopNest(name: "scatter")
        nest.buffers = [
            input(rows), input(rows * columns), BufferDeclaration(.float64, count: extent * columns, role: .update),
        ]
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0, 1]
        nest.sequential = [0]
        let index = nest.value(.convert(nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .float64)), .int64)
        let x = nest.value(.load(Access(1, Affine(0, [(0, columns), (1, 1)]))), .float64)
        let gather = Gather(index, stride: columns, extent: extent, otherwise: .ignore)
        let target = Access(2, Affine(0, [(1, 1)]), gathers: [gather])
        nest.stages = [Stage(stores: [Store(target, x, mode: .add)])]

        let places = (0..<rows).map { Double(($0 * 5 + 3) % (extent + 2)) }
        let (values, table) = (data(rows * columns, seed: 7), data(extent * columns, seed: 8))
        var expected = table
        for row in 0..<rows where Int(places[row]) < extent {
            for column in 0..<columns {
                expected[Int(places[row]) * columns + column] += values[row * columns + column]
            }
        }
        return KnownNest(
            description: "scatter of \(rows) rows", nest: nest, inputs: [places, values, table], expected: expected)
    }

    /// Runs a kernel of the nest and returns what the last buffer holds; nil if a check failed.
    func result(of kernel: any Kernel, threads: Int = 1) -> [Double]? {
        let bytesOfInputs = Dictionary(
            uniqueKeysWithValues: inputs.enumerated().map { ($0.offset, bytes($0.element)) })
        let (outputs, status) = run(nest, kernel, bytesOfInputs, threads: threads)
        guard status.failedCheck == 0 else { return nil }
        return outputs[nest.buffers.count - 1].map { numbers($0, as: Double.self) }
    }

    /// Runs a kernel of the nest and returns how far any element is from the expected one; infinite where not a number.
    func error(of kernel: any Kernel, threads: Int = 1) -> Double {
        guard let result = result(of: kernel, threads: threads) else { return .infinity }
        let differences = zip(result, expected).map { abs($0 - $1) }
        return differences.contains(where: \.isNaN) ? .infinity : differences.max() ?? 0
    }
}
