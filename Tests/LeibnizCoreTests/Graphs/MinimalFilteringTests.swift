import LeibnizKernels
import Testing

@testable import LeibnizCore

/// Convolutions that are computed with fewer multiplications.
@Suite struct `Minimal filtering` {
    /// A convolution and how it is called.
    struct Case: CustomTestStringConvertible, Sendable {
        var images = 16
        var inputs = 57
        var outputs = 66
        var height = 6
        var width = 8
        var padding = 1
        /// Whether channels are so many that the derivative in the kernels is computed so as well.
        var isMany = false
        var testDescription: String { "\(images)×\(inputs)→\(outputs), \(height)×\(width), padding \(padding)" }
    }

    /// Whole numbers, so that every way to add them up is exact.
    private func whole(_ shape: Shape, seed: Int) throws -> Tensor {
        try (Tensor.randint(shape, -3, 4, at: RandomPosition(seed: seed))).cast(to: .float32).evaluated()
    }

    private func program(_ tensors: [Tensor]) -> (program: Program, leaves: [Buffer]) {
        let graph = GraphSnapshot(tensors.map(\.node), to: .values)
        return (Program(graph), graph.leaves.compactMap(\.value))
    }

    private func values(
        _ tensors: [Tensor], _ library: KernelLibrary = .shared, pool: ThreadPool = .shared
    ) throws -> [[Double]] {
        let (program, leaves) = program(tensors)
        let buffers = try Plan(program, library: library).run(leaves, pool: pool)
        return try zip(buffers, tensors).map { try Tensor($0, $1.type).doubles() }
    }

    private func fixedProducts(_ tensors: [Tensor]) -> Int {
        program(tensors).program.instructions.count { $0.primitive is FixedProduct }
    }

    /// A layer and its derivatives in everything, under a cotangent of whole numbers.
    private func layer(_ test: Case, _ type: ElementType) throws -> [Tensor] {
        let x = try whole([test.images, test.inputs, test.height, test.width], seed: 1).cast(to: type).evaluated()
        let w = try whole([test.outputs, test.inputs, 3, 3], seed: 2).cast(to: type).evaluated()
        let b = try whole([test.outputs, 1, 1], seed: 3).cast(to: type).evaluated()
        let (y, pull) = pullback(
            { relu(convolution($0[0], $0[1], padding: [test.padding]) + $0[2]) }, at: [x, w, b])
        return [y] + pull(try whole(y.shape, seed: 4).cast(to: type).evaluated())
    }

    @Test(arguments: [
        Case(), Case(inputs: 96, outputs: 97, height: 5, width: 7), Case(images: 28, height: 8, width: 10, padding: 0),
        Case(padding: 2), Case(images: 64, inputs: 64, outputs: 128, height: 10, width: 10, isMany: true),
        Case(images: 48, outputs: 80, height: 7, width: 14),
        Case(images: 32, inputs: 96, outputs: 96, height: 13, width: 12, isMany: true),
    ])
    func `gives what sums over windows give`(test: Case) throws {
        let (found, expected) = (try layer(test, .float32), try layer(test, .float64))
        // Two for the kernels, two for the tiles, two for the results, for the layer and its derivative in x; with many channels for that
        // in the kernels as well.
        #expect(fixedProducts(found) == (test.isMany ? 18 : 12) && fixedProducts(expected) == 0)
        let exact = try values(expected)
        for (place, (found, exact)) in zip(try values(found), exact).enumerated() {
            #expect(firstDifference(found, exact, tolerance: 0) == nil, "result \(place)")
        }
    }

    @Test func `is the same for both readers of nests, and for any number of threads`() throws {
        let roots = try layer(Case(inputs: 64, outputs: 64), .float32)
        let expected = try values(roots, Engine.interpreter)
        #expect(try values(roots) == expected)
        for threads in [1, 3] { #expect(try values(roots, pool: ThreadPool(count: threads)) == expected) }
    }

    @Test func `rounds less than a sum over windows`() throws {
        let x = try Tensor.normal([16, 64, 8, 8], seed: 5).evaluated()
        let w = try Tensor.normal([64, 64, 3, 3], seed: 6).evaluated()
        let y = convolution(x, w, padding: [1])
        #expect(fixedProducts([y]) == 6)
        let exact = try values([convolution(x.cast(to: .float64), w.cast(to: .float64), padding: [1])])[0]
        let scale = (dot(exact, exact) / Double(exact.count)).squareRoot()
        let greatest = zip(try values([y])[0], exact).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
        // A sum of 576 products one after the other is off by 3·10⁻⁶ somewhere.
        #expect(greatest < 2.5e-6, "\(greatest)")
    }

    @Test func `runs tile by tile, and leaves nothing of the tiles in memory`() throws {
        let x = try whole([32, 64, 32, 32], seed: 1), w = try whole([64, 64, 3, 3], seed: 2)
        let b = try whole([64, 1, 1], seed: 3)
        // What follows the first layer reads it along images, as kernels like to.
        let y = convolution(relu(convolution(x, w, padding: [1]) + b), w, padding: [1])
        let (given, _) = program([y])
        let lowering = ProgramLowering(given)
        let chain = try #require(lowering.chains.first { $0.places.count == 3 })
        #expect(chain.bandCount == 256 && chain.passing.count == 2)
        // The last writes bias and threshold as well.
        let names = lowering.kernels[chain.places].map { kernel in
            if case .nest(let nest) = kernel.work { nest.name } else { "" }
        }
        #expect(names == ["fixedProduct", "contraction", "relu"])
        // The tiles of the second layer: their products end in row-major order, where no place stands alone.
        let ofTiles = 16 * 16 * 16 * 64 * 32 * 4
        #expect(try Plan(given).arenaByteCount < 3 * ofTiles)
    }

    @Test func `is left alone where it does not pay or does not fit`() throws {
        func count(_ x: Shape, _ w: Shape, stride: Int = 1, dilation: Int = 1, groups: Int = 1) throws -> Int {
            fixedProducts([
                convolution(
                    try whole(x, seed: 1), try whole(w, seed: 2), stride: [stride], dilation: [dilation], groups: groups
                )
            ])
        }
        #expect(try count([16, 64, 8, 8], [64, 64, 3, 3]) == 6)
        #expect(try count([16, 64, 8, 8], [64, 64, 3, 3], stride: 2) == 0)
        #expect(try count([16, 64, 8, 8], [64, 64, 3, 3], dilation: 2) == 0)
        #expect(try count([16, 128, 8, 8], [128, 64, 3, 3], groups: 2) == 0)
        #expect(try count([16, 64, 8, 8], [64, 64, 5, 5]) == 0)
        #expect(try count([16, 64, 8, 8], [64, 64, 3, 1]) == 0)
        #expect(try count([16, 32, 8, 8], [64, 32, 3, 3]) == 0)
        #expect(try count([8, 64, 8, 8], [64, 64, 3, 3]) == 0)
        #expect(try count([17, 64, 8, 8], [64, 64, 3, 3]) == 0)
        #expect(try count([16, 64, 5, 5], [64, 64, 3, 3]) == 0)
    }

    @Test(arguments: [[16, 64, 8, 8], [32, 32, 8, 8], [16, 64, 16, 4]] as [Shape])
    func `a derivative under another shape is right`(shape: Shape) throws {
        // The images come under another shape, and so does their derivative, which is read along its axes.
        func derivative(_ type: ElementType) throws -> Tensor {
            let x = try whole(shape, seed: 1).cast(to: type).evaluated()
            let w = try whole([64, 64, 3, 3], seed: 2).cast(to: type).evaluated()
            let (y, pull) = pullback({ convolution($0[0].reshaped(to: [16, 64, 8, 8]), w) }, at: [x])
            return pull(try whole(y.shape, seed: 3).cast(to: type).evaluated())[0].transposed([3, 1, 0, 2])
        }
        #expect(fixedProducts([try derivative(.float32)]) == (shape == [16, 64, 8, 8] ? 6 : 0))
        let expected = try values([derivative(.float64)])[0]
        #expect(firstDifference(try values([derivative(.float32)])[0], expected, tolerance: 0) == nil)
    }

    @Test func `second derivatives are right`() throws {
        let x = try whole([16, 64, 4, 4], seed: 1), w = try whole([64, 64, 3, 3], seed: 2)
        func product(_ type: ElementType) throws -> Tensor {
            let (x, w) = (try x.cast(to: type).evaluated(), try w.cast(to: type).evaluated())
            func loss(_ w: Tensor) -> Tensor {
                let y = convolution(x, w, padding: [1])
                return sum(y * y)
            }
            let (_, tangent) = pushforward({ gradient(of: loss)($0) }, at: w, along: w)
            return tangent
        }
        let found = try product(.float32), expected = try values([product(.float64)])[0]
        #expect(fixedProducts([found]) > 0)
        #expect(firstDifference(try values([found])[0], expected, tolerance: 1e-6) == nil)
    }
}
