import LeibnizKernels

/// Convolutions with 3×3 kernels computed with fewer multiplications: Winograd's minimal filtering F(2×2, 3×3).
///
/// Two neighbouring results of three taps take four products instead of six, and 2 × 2 of them sixteen instead of 36:
/// y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a tile d of 4 × 4 elements and a kernel g. Over many channels the elementwise product is sixteen
/// matrix products, in which nearly all the work is. Sums are shorter (over channels, not over channels and taps), so results are not
/// less exact than direct ones; but an infinity spreads over its tile as NaN. Only float32 is computed so.
///
/// Source: Winograd, *Arithmetic Complexity of Computations*, 1980; Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*,
/// 2015, section 4.1.
enum MinimalFiltering {
    /// Bᵀ, for four elements.
    static let data: [[Double]] = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]
    /// G, for three taps.
    static let kernel: [[Double]] = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    /// Aᵀ, to two results.
    static let result: [[Double]] = [[1, 1, 1, 0], [0, 1, -1, -1]]

    /// G and Aᵀ where a kernel of two taps gives three results: the derivative in the kernel, F(3×3, 2×2) with the same Bᵀ.
    static let cotangent: [[Double]] = [[1, 0], [0.5, 0.5], [0.5, -0.5], [0, 1]]
    static let gradient: [[Double]] = [[1, 1, 1, 0], [0, 1, -1, 0], [0, 1, 1, -1]]

    /// The fewest images: vectors run along them.
    static let fewestImages = 16
    /// The fewest products for each element that is transformed; and where both factors are tiles, which pass through memory as a whole.
    private static let (fewestProducts, fewestProductsOfTiles) = (28, 40)

    /// Whether a convolution is better computed so.
    ///
    /// - Parameter ofTiles: whether both factors of its products are tiles, as in the derivative in the kernels.
    static func pays(images: Int, inputs: Int, outputs: Int, height: Int, width: Int, ofTiles: Bool = false) -> Bool {
        // Vectors that are mostly full on every machine.
        let lanes = (images + fewestImages - 1) / fewestImages * fewestImages
        guard images >= fewestImages, 4 * images >= 3 * lanes, min(height, width) >= 4 else { return false }
        // The last tiles may overhang.
        let places = (height + 1) / 2 * 2 * ((width + 1) / 2 * 2)
        return inputs * outputs * height * width
            >= (ofTiles ? fewestProductsOfTiles : fewestProducts) * (inputs + outputs) * places
    }
}

extension MinimalFiltering {
    /// From images [N, C, H, W] to their tiles, two places apart, each side multiplied with a matrix: [T₁, T₂, a, b, C, N].
    fileprivate static func tiles(of size: Int, _ matrix: [[Double]]) -> [any Primitive] {
        [
            Windows(axis: 2, size: size, stride: 2, dilation: 1), Windows(axis: 3, size: size, stride: 2, dilation: 1),
            Transpose(order: [2, 3, 4, 5, 1, 0]), FixedProduct(axis: 2, matrix: matrix),
            FixedProduct(axis: 3, matrix: matrix),
        ]
    }
}

extension Program {
    /// The same program with minimal filtering wherever it pays.
    func filteringMinimally() -> Program {
        guard instructions.contains(where: { $0.primitive is Contraction }) else { return self }
        var (result, numbers) = (Program(), [Int]())
        for (number, instruction) in instructions.enumerated() {
            let written =
                convolution(at: number).flatMap { result.append($0, numbers) }
                ?? correlation(at: number).flatMap { result.append($0, numbers) }
                ?? result.append(instruction.primitive, instruction.operands.map { numbers[$0] }, instruction.type)
            numbers.append(written)
        }
        (result.inputs, result.outputs) = (inputs.map { numbers[$0] }, outputs.map { numbers[$0] })
        result.removeUnused()
        return result
    }

    /// Writes a convolution of another program's values.
    private mutating func append(_ filtering: ConvolutionPattern, _ numbers: [Int]) -> Int? {
        var images = numbers[filtering.images]
        let shape = self[images].type.shape.extents
        var results: [Int] = []
        for (axis, width) in zip(2..<4, filtering.padding) {
            let extent = shape[axis] + width.before + width.after
            results.append(extent - 2)
            // The last tile may overhang.
            let after = width.after + (extent % 2 == 0 ? 0 : 1)
            guard width.before >= 0, after >= 0 else { return nil }
            if width.before > 0 || after > 0 {
                guard let padded = write(Pad(axis: axis, before: width.before, after: after, interior: 0), images)
                else { return nil }
                images = padded
            }
        }
        let backwards = filtering.isFlipped ? [2, 3].map { Slice(axis: $0, start: 2, count: 3, stride: -1) } : []
        // Kernels [4, 4, K, C], tiles [T₁, T₂, 4, 4, C, N]: in this order, for what follows on tiles can run tile by tile.
        guard
            let filters = write(
                [Transpose(order: filtering.kernelOrder)] + backwards + [
                    Transpose(order: [2, 3, 0, 1]), FixedProduct(axis: 0, matrix: MinimalFiltering.kernel),
                    FixedProduct(axis: 1, matrix: MinimalFiltering.kernel),
                ], on: numbers[filtering.kernels]),
            let tiles = write(MinimalFiltering.tiles(of: 4, MinimalFiltering.data), on: images),
            let products = write(
                Contraction(left: [0, 1, 2, 3, 4, 5], right: [2, 3, 6, 4], output: [0, 1, 2, 3, 6, 5]), tiles, filters)
        else { return nil }
        let extents = self[products].type.shape
        return write(
            [
                FixedProduct(axis: 2, matrix: MinimalFiltering.result),
                FixedProduct(axis: 3, matrix: MinimalFiltering.result),
                Transpose(order: [5, 4, 0, 2, 1, 3]),
                Reshape(to: [extents[5], extents[4], 2 * extents[0], 2 * extents[1]]),
                Slice(axis: 2, start: 0, count: results[0], stride: 1),
                Slice(axis: 3, start: 0, count: results[1], stride: 1), Transpose(order: filtering.resultOrder),
            ], on: products)
    }

    /// Writes a derivative in kernels.
    private mutating func append(_ correlation: CorrelationPattern, _ numbers: [Int]) -> Int? {
        let (images, cotangents) = (numbers[correlation.images], numbers[correlation.cotangents])
        // The last tile may overhang.
        let overhanging = (2..<4).filter { self[images].type.shape[$0] % 2 != 0 }.map {
            Pad(axis: $0, before: 0, after: 1, interior: 0)
        }
        // What the convolution made of the images is made again: kept, it would take four times their memory.
        guard let again = write(Barrier(), images, cotangents),
            let tiles = write(overhanging + MinimalFiltering.tiles(of: 4, MinimalFiltering.data), on: again),
            let weights = write(
                [Transpose(order: correlation.cotangentOrder)] + overhanging
                    + MinimalFiltering.tiles(of: 2, MinimalFiltering.cotangent), on: cotangents),
            let products = write(
                Contraction(left: [0, 1, 2, 3, 4, 5], right: [0, 1, 2, 3, 6, 5], output: [2, 3, 6, 4]), tiles, weights)
        else { return nil }
        let order = correlation.resultOrder.map { [2, 3, 0, 1][$0] }
        return write(
            [
                FixedProduct(axis: 0, matrix: MinimalFiltering.gradient),
                FixedProduct(axis: 1, matrix: MinimalFiltering.gradient), Transpose(order: order),
            ], on: products)
    }

    /// Writes operations one on the other.
    private mutating func write(_ operations: [any Primitive], on operand: Int) -> Int? {
        operations.reduce(operand) { operand, operation in operand.flatMap { write(operation, $0) } }
    }

    private mutating func write(_ primitive: any Primitive, _ operands: Int...) -> Int? {
        guard let type = try? primitive.result(of: operands.map { self[$0].type }) else { return nil }
        // What takes all of a value, as it is, is the value.
        if type == self[operands[0]].type, (primitive as? Slice)?.stride == 1 { return operands[0] }
        return add(primitive, operands, type)
    }
}
