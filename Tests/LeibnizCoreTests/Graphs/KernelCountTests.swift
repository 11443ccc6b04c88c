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
        // Once for the sums of rows and the one element that the loss looks at, once for the derivative.
        #expect(lowering.kernels.filter { $0.memory.contains(lowering.program.inputs[0]) }.count == 2)
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

    @Test func `many rows of a cross entropy and its gradient are one kernel`() throws {
        let x = Tensor.normal([130, 7], seed: 10, .float64)
        let classes = Tensor((0..<130).map { Int32($0 % 7) })
        let w = Tensor.normal([130], seed: 11, .float64)
        try evaluate(x, classes, w)
        let f = { (x: Tensor) in -logSoftmax(x).taking(along: -1, classes.expanded(at: -1)).squeezed([-1]) }
        let (y, pull) = pullback(f, at: x)
        let gradient = pull(w)
        #expect(kernelCount([y, gradient]) == 1)
        let (probabilities, weights) = (try softmax(x).doubles(), try w.doubles())
        let expected = probabilities.enumerated().map { place, p in
            weights[place / 7] * (p - (place / 7 % 7 == place % 7 ? 1 : 0))
        }
        #expect(try isClose(gradient, expected))
    }

    @Test func `a class out of range is found where only the gradient is asked for`() throws {
        let x = try rows(seed: 12)
        let classes = Tensor((0..<17).map { Int32($0 == 11 ? 5 : 0) })
        try evaluate(classes)
        let gradient = gradient { -mean(logSoftmax($0).taking(along: -1, classes.expanded(at: -1))) }(x)
        #expect { try evaluate(gradient) } throws: { "\($0)".contains("index 5 at position [11, 0]") }
    }

    /// A pool's value and gradient, large or small, with windows `stride` apart.
    private func pool(
        _ count: Int, stride: Int = 2, seed: Int, _ reduce: @escaping (Tensor) -> Tensor
    ) throws -> (kernels: Int, found: [[Double]], expected: [[Double]]) {
        let x = Tensor.normal([count, 28, 28], seed: seed)
        let f = { (x: Tensor) in
            reduce(x.windows(axis: 1, size: 2, stride: stride).windows(axis: 2, size: 2, stride: stride))
        }
        let w = Tensor.normal(f(x).shape, seed: seed + 1)
        try evaluate(x, w)
        let (y, pull) = pullback(f, at: x)
        let results = [y, pull(w)]
        return (
            kernelCount(results), try Engine.chosen.values(of: results), try Engine.interpreted.values(of: results)
        )
    }

    private func areClose(_ a: [[Double]], _ b: [[Double]]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { firstDifference($0, $1, tolerance: 1e-5) == nil }
    }

    @Test func `a pool of windows that share nothing is one kernel with its gradient`() throws {
        for reduce in [
            { (x: Tensor) in max(x, axes: [3, 4]) }, { sqrt(sum($0 * $0, axes: [3, 4]) + 1) },
            { logSumExp($0, axes: [3, 4]) },
        ] {
            let (kernels, found, expected) = try pool(64, seed: 31, reduce)
            #expect(kernels == 1)
            #expect(areClose(found, expected))
            // Where windows overlap, an element's gradient needs several of them.
            let (more, again, known) = try pool(64, stride: 1, seed: 31, reduce)
            #expect(more > 1)
            #expect(areClose(again, known))
        }
    }

    /// The gradient of a mean does not look at what the mean is of: together both only keep memory busy in both directions.
    @Test(arguments: [(64, 2), (4000, 1)])
    func `what mostly reads and what mostly writes run together where memory is slow`(count: Int, kernels: Int) throws {
        let made = try pool(count, seed: 33) { mean($0, axes: [3, 4]) }
        #expect(made.kernels == kernels)
        #expect(areClose(made.found, made.expected))
    }

    /// Each number of a product twice, whole rows of them: a tile of large sums keeps its registers.
    @Test(arguments: [(40, 1), (100, 2)])
    func `what spreads sums is part of their kernel where these are small`(count: Int, kernels: Int) throws {
        let (a, b) = (Tensor.normal([256, count], seed: 35), Tensor.normal([count, 64], seed: 36))
        try evaluate(a, b)
        let product = matmul(a, b)
        let twice = tanh(product).expanded(at: 1).broadcast(to: [256, 2, 64])
        let y = twice * (1 + twice)
        #expect(kernelCount([product, y]) == kernels)
        let found = try Engine.chosen.values(of: [product, y])
        #expect(areClose(found, try Engine.interpreted.values(of: [product, y])))
    }

    @Test func `a chain and its derivatives are one kernel`() throws {
        let (a, b, w) = (try rows(seed: 13), try rows(seed: 14), try rows(seed: 15))
        let f = { (a: Tensor, b: Tensor) in sigmoid(tanh(a * b + a) * b) }
        let (y, pull) = pullback(f, at: (a, b))
        let (da, db) = pull(w)
        #expect(kernelCount([y, da, db]) == 1)
        try evaluate(y, da, db)
        let loss = { (a: Tensor, b: Tensor) in sum(f(a, b) * w) }
        #expect(try isClose(da, gradient(of: loss)(a, b).0.doubles()))
        #expect(try isClose(db, gradient(of: loss)(a, b).1.doubles()))
    }

    @Test func `windows that overlap and are padded never stand in memory`() throws {
        let x = Tensor.normal([16, 6, 41, 38], seed: 16, .float64)
        try evaluate(x)
        let f = { (x: Tensor) in
            max(
                x.padded([(1, 1), (1, 1)], with: -.infinity).windows(axis: 2, size: 3, stride: 2)
                    .windows(axis: 3, size: 3, stride: 2), axes: [4, 5])
        }
        let (y, pull) = pullback(f, at: x)
        let w = Tensor.normal(y.shape, seed: 17, .float64)
        try evaluate(w)
        let gradient = pull(w)
        let lowering = ProgramLowering(Program(GraphSnapshot([y.node, gradient.node], to: .values)))
        let written = lowering.kernels.flatMap(\.written).map { lowering.program[$0].type.shape.count }
        #expect(written.allSatisfy { $0 <= x.shape.count } && lowering.kernels.count <= 3)
        // Each window's cotangent arrives where its maximum stands.
        let (image, maxima, cotangents) = (try x.doubles(), try y.doubles(), try w.doubles())
        var expected = [Double](repeating: 0, count: image.count)
        let (rows, columns) = (y.shape[2], y.shape[3])
        for plane in 0..<96 {
            for place in 0..<rows * columns {
                let (i, j, number) = (place / columns, place % columns, plane * rows * columns + place)
                for k in 0..<9 {
                    let (row, column) = (2 * i + k / 3 - 1, 2 * j + k % 3 - 1)
                    guard (0..<41).contains(row), (0..<38).contains(column) else { continue }
                    let pixel = plane * 41 * 38 + row * 38 + column
                    if image[pixel] == maxima[number] { expected[pixel] += cotangents[number] }
                }
            }
        }
        #expect(try isClose(gradient, expected))
    }

    @Test func `a step of few rows writes a copy and adds to it`() throws {
        let table = Tensor.normal([300, 8], seed: 18, .float64)
        let indices = Tensor([3, 299, 3, 0, 17].map { Int64($0) })
        let (w, rate) = (Tensor.normal([5, 8], seed: 19, .float64), Tensor(0.5, .float64))
        try evaluate(table, indices, w, rate)
        let gradient = gradient { sum($0[indices] * w) }(table)
        let next = table - rate * gradient
        let lowering = ProgramLowering(Program(GraphSnapshot([next.node], to: .values)))
        #expect(!lowering.kernels.contains { $0.written.isEmpty } && lowering.kernels.count <= 3)
        var expected = try table.doubles()
        for (row, index) in [3, 299, 3, 0, 17].enumerated() {
            for column in 0..<8 { expected[index * 8 + column] -= try 0.5 * w.doubles()[row * 8 + column] }
        }
        #expect(try isClose(next, expected))
    }

    @Test func `operands of large contractions are packed where they are used`() throws {
        let (a, b) = (Tensor.normal([1536, 1400], seed: 20), Tensor.normal([1400, 1536], seed: 21))
        try evaluate(a, b)
        let product = matmul(a, b)
        let lowering = ProgramLowering(Program(GraphSnapshot([product.node], to: .values)))
        #expect(lowering.kernels.count == 1)
        guard KernelLibrary.shared.backendDescription.backend == .llvm else { return }
        let kernel = try #require(lowering.kernels.first?.work.kernel)
        let schedule = try #require(KernelLibrary.shared.description(of: kernel).schedule)
        #expect(!schedule.packed.isEmpty && schedule.loops.contains("["), "\(schedule)")
        let (left, right, found) = (try a.doubles(), try b.doubles(), try product.doubles())
        for (i, j) in [(0, 0), (1535, 1535), (700, 13), (63, 64)] {
            let exact = (0..<1400).reduce(0.0) { $0 + left[i * 1400 + $1] * right[$1 * 1536 + j] }
            #expect(abs(found[i * 1536 + j] - exact) < 1e-2)
        }
    }

    /// A copy by a kernel of its own costs more than it saves in a small product.
    @Test func `operands of small products are not copied by a kernel of their own`() throws {
        let (a, b) = (Tensor.normal([40, 600], seed: 22), Tensor.normal([72, 600], seed: 23))
        try evaluate(a, b)
        #expect(kernelCount([matmul(a, b.transposed())]) == 1)
    }

    /// Vectors that lie far outside of what is padded read nothing, those across its ends what is there.
    @Test(arguments: [1000, 1001, 1003, 1006])
    func `far from its ends what is padded is zero`(before: Int) throws {
        let numbers = (1...700).map(Float.init)
        let x = Tensor(numbers)
        try evaluate(x)
        for (source, order) in [(x, numbers), (x.flipped([0]), numbers.reversed())] {
            let y = 2 * source.padded(axis: 0, before: before, after: 909)
            let inside = order.map { 2 * Double($0) }
            let zeros = { (count: Int) in [Double](repeating: 0, count: count) }
            #expect(try y.doubles() == zeros(before) + inside + zeros(909))
        }
    }

    /// What a loop has stacked lies as the loop left it: a product that sums over all steps reads a copy, without gaps.
    @Test func `what a loop has stacked is packed for a large product`() throws {
        let (xs, h) = (Tensor.normal([64, 16, 512], seed: 22), Tensor.normal([64, 16, 96], seed: 23))
        try evaluate(xs, h)
        let (_, stack) = scan(Tensor.zeros([16, 512]), over: xs) { (sum: Tensor, x: Tensor) in (sum + x, sum - x) }
        let product = Tensor(Contraction(left: [0, 1, 2], right: [0, 1, 3], output: [2, 3]), [stack, h])
        let lowering = ProgramLowering(Program(GraphSnapshot([product.node], to: .values)))
        let copy = try #require(lowering.program.instructions.firstIndex { $0.primitive is Copy })
        #expect(lowering.program[lowering.program[copy].operands[0]].primitive is Part)
        let layout = lowering.layouts[copy]
        #expect(layout.block?.axis == 2 && layout.elementCount == 64 * 16 * 512)
        #expect(layout.strides[0] == 16 * layout.strides[1])
        // A larger second operand would be read again for each block of the copy.
        let wide = Tensor.normal([64, 16, 1024], seed: 24)
        try evaluate(wide)
        let other = Tensor(Contraction(left: [0, 1, 2], right: [0, 1, 3], output: [2, 3]), [stack, wide])
        let instructions = ProgramLowering(Program(GraphSnapshot([other.node], to: .values))).program.instructions
        #expect(!instructions.contains { $0.primitive is Copy })
        guard KernelLibrary.shared.backendDescription.backend == .llvm else { return }
        let (left, right, found) = (try stack.doubles(), try h.doubles(), try product.doubles())
        for (i, j) in [(0, 0), (511, 95), (63, 64), (300, 7)] {
            let exact = (0..<1024).reduce(0.0) { $0 + left[$1 * 512 + i] * right[$1 * 96 + j] }
            #expect(abs(found[i * 96 + j] - exact) < 1e-2)
        }
    }

    /// The gradient of a convolution in its images sums over output channels, whose kernels lie far from each other: of each line it would
    /// use a number or two.
    @Test func `kernels are read in an order in which lines have more than one number of use`() throws {
        let (x, w) = (Tensor.normal([32, 32, 256], seed: 30), Tensor.normal([64, 32, 9], seed: 31))
        try evaluate(x, w)
        let (_, pull) = pullback({ relu(convolution($0[0], $0[1], stride: [4])) }, at: [relu(x), w])
        let gradient = pull(Tensor.normal([32, 64, 62], seed: 32))[0]
        let lowering = ProgramLowering(Program(GraphSnapshot([gradient.node], to: .values)))
        let copies = lowering.program.instructions.indices.filter {
            lowering.program[$0].primitive is Copy && lowering.program[$0].type.shape == [64, 32, 9]
        }
        let copy = try #require(copies.first)
        #expect(copies.count == 1 && !lowering.layouts[copy].isRowMajor)
    }

    /// What the windows gave back is moved to its place as it is, without zeros between.
    @Test(arguments: [1, 2, 3]) func `the gradient of a dilated convolution is one kernel`(dilation: Int) throws {
        let (x, w) = (Tensor.normal([2, 4, 40, 40], seed: 36), Tensor.normal([6, 4, 3, 3], seed: 37))
        try evaluate(x, w)
        let (value, pull) = pullback({ convolution($0, w, dilation: [dilation]) }, at: x)
        let cotangent = Tensor.normal(value.shape, seed: 38)
        try evaluate(cotangent)
        let lowering = ProgramLowering(Program(GraphSnapshot([pull(cotangent).node], to: .values)))
        let products = lowering.kernels.filter { kernel in
            !kernel.written.contains { lowering.program[$0].primitive is Copy }
        }
        #expect(products.count == 1)
    }

    /// One layout of the kernels suits the convolution, another its derivative in the images.
    @Test func `products read kernels in an order of their own`() throws {
        let x = Tensor.normal([4, 32, 48, 48], seed: 39)
        let weights = [40, 41].map { Tensor.normal([32, 32, 3, 3], seed: $0) }
        try evaluate([x] + weights)
        let (_, gradients) = valueWithGradients(at: weights) { w in
            sum(w.reduce(x) { relu(convolution($0, $1, padding: [1])) })
        }
        let program = ProgramLowering(Program(GraphSnapshot(gradients.map(\.node), to: .values))).program
        var layouts: [Int: Set<Layout>] = [:]
        for instruction in program.instructions {
            guard let copy = instruction.primitive as? Copy, let layout = copy.layout else { continue }
            layouts[instruction.operands[0], default: []].insert(layout)
        }
        #expect(layouts.values.contains { $0.count == 2 })
    }

    /// The pool reads the padding, nobody writes it; and no band cuts the channels along which the convolution has its vectors.
    @Test func `a convolution before a padded pool is computed where it is not padded`() throws {
        let (x, w) = (Tensor.normal([1, 3, 128, 128], seed: 42), Tensor.normal([64, 3, 7, 7], seed: 43))
        try evaluate(x, w)
        let y = relu(convolution(x, w, stride: [2], padding: [3]))
        let pooled = max(
            y.padded([(1, 1), (1, 1)], with: -.infinity).windows(axis: 2, size: 3, stride: 2)
                .windows(axis: 3, size: 3, stride: 2), axes: [4, 5])
        let lowering = ProgramLowering(Program(GraphSnapshot([pooled.node], to: .values)))
        let written = lowering.kernels.flatMap(\.written).map { lowering.program[$0].type.shape }
        #expect(written.contains([1, 64, 64, 64]) && !written.contains([1, 64, 66, 66]))
        let nests = lowering.kernels.compactMap { if case .nest(let nest) = $0.work { nest } else { nil } }
        #expect(nests.contains { $0.addsUpProducts && $0.bands == nil })
    }

    @Test func `batches stand innermost between the kernels of a net`() throws {
        let (x, w) = (Tensor.normal([32, 3, 7, 7], seed: 7), Tensor.normal([4, 3, 3, 3], seed: 8))
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

    @Test func `rows of a batch begin with a line of memory where little is wasted`() throws {
        for (images, pitch) in [(63, 64), (100, 112), (65, 80), (37, 37), (9, 9), (64, 32)] {
            let layout = Layout([images, 6, 28, 28], innermost: 0)
            #expect(layout.strides == [1, 784 * pitch, 28 * pitch, pitch], "\(images)")
            #expect(layout.elementCount == 784 * 6 * (images == 64 ? 64 : pitch) && !layout.isRowMajor)
        }
        // What is added up along all axes in one walk has no gaps.
        #expect(Layout([63, 6, 28, 28], innermost: 0, isDense: true).elementCount == 63 * 6 * 784)
    }

    @Test func `gaps between rows are nobody's numbers`() throws {
        let (x, w) = (Tensor.normal([64, 3, 10, 10], seed: 7), Tensor.normal([4, 3, 3, 3], seed: 8))
        try evaluate(x, w)
        func results(_ images: Int) throws -> [[Float]] {
            let part = x.sliced(axis: 0, start: 0, count: images)
            try evaluate(part)
            func net(_ x: Tensor, _ w: Tensor) -> Tensor {
                let y = relu(convolution(x, w, padding: [1])).reshaped(to: [images, 4, 5, 2, 5, 2])
                return max(y, axes: [3, 5]).sliced(axis: 1, start: 0, count: 3)
            }
            let (dx, dw) = gradient(of: { (x: Tensor, w: Tensor) in
                sum(convolution(net(x, w), w).sliced(axis: 0, start: 0, count: 60))
            })(part, w)
            return try [convolution(net(part, w), w), dx, dw].map { try $0.array(of: Float.self) }
        }
        let (whole, part) = (try results(64), try results(63))
        for (a, b) in zip(whole, part) {
            #expect(b.count <= a.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2e-5 * max(1, abs($0)) })
        }
    }
}
