import LeibnizKernels

extension NestLowering {
    /// The index in a reduction's operand.
    static func inserting(_ inner: [Affine], at axes: [Int], into index: [Affine]) -> [Affine] {
        var result = index
        for (axis, index) in zip(axes, inner) { result.insert(index, at: axis) }
        return result
    }

    /// A sum of products: an element of a contraction.
    mutating func contraction(
        _ contraction: Contraction, _ number: Int, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        let operands = program[number].operands
        let (left, right) = (contraction.left, contraction.right)
        // Summed labels in the order of the right operand (weights): its inner axes are then the inner loops.
        let summed = right.filter { !contraction.output.contains($0) }
        return try reduction(
            .sum, number, at: index,
            extents: summed.map { label in program[operands[1]].type.shape[right.firstIndex(of: label) ?? 0] },
            bounds: bounds
        ) {
            lowering, inner throws(LoweringInterruption) in
            let places = Dictionary(uniqueKeysWithValues: zip(contraction.output, index) + Array(zip(summed, inner)))
            func at(_ labels: [Int]) -> [Affine] { labels.map { places[$0] ?? Affine(0) } }
            let saved = lowering.region
            lowering.region = saved?.closed
            let a = try lowering.element(operands[0], at: at(left), bounds: bounds)
            let b = try lowering.element(operands[1], at: at(right), bounds: bounds)
            if let axes = lowering.region?.axes { lowering.region = saved.map { Region(isSum: $0.isSum, axes: axes) } }
            return a.type == .bool ? a.apply(.and, b) : a * b
        }
    }

    /// A reduction over axes of the first operand.
    mutating func reduction(
        _ operation: ReductionOperation, _ number: Int, at index: [Affine], region axes: [Int], bounds: [Bound],
        _ body: (inout NestLowering, [Affine]) throws(LoweringInterruption) -> Scalar
    ) throws(LoweringInterruption) -> Scalar {
        let shape = program[program[number].operands[0]].type.shape
        return try reduction(
            operation, number, at: index, extents: axes.map { shape[$0] }, bounds: bounds, body)
    }

    /// A reduction over new loops: a stage of its own, or, for a summand that is itself a sum, more loops of the running stage.
    private mutating func reduction(
        _ operation: ReductionOperation, _ number: Int, at index: [Affine], extents: [Int], bounds: [Bound],
        _ body: (inout NestLowering, [Affine]) throws(LoweringInterruption) -> Scalar
    ) throws(LoweringInterruption) -> Scalar {
        var (axes, inner) = ([Int](), [Affine]())
        for (place, extent) in extents.enumerated() {
            // Negative axes number the loops of a reduction; those of roots are not negative.
            let loop = loop(LoopKey(owner: number, axis: -1 - place), extent: extent)
            axes += loop.axes
            inner.append(loop.index)
        }
        let outer = region
        if let outer, !isByRow(number, index, bounds) {
            guard outer.isSum, operation == .sum else { throw .materialize(number) }
            region?.axes += axes
            return try body(&self, inner)
        }
        region = Region(isSum: operation == .sum, axes: axes)
        let value = try body(&self, inner)
        let all = region?.axes ?? axes
        region = outer
        builder.nest.reductions.append(Reduction(operation, value.id))
        let place = builder.nest.reductions.count - 1
        builder.nest.stages.append(Stage(axes: all, reductions: [place]))
        let result = builder.add(.reduced(place), program[number].type.elementType)
        return operation == .sum ? result : guarded(result, bounds)
    }

    /// Whether a reduction inside of another depends on the row alone, and is then a stage before it.
    private func isByRow(_ number: Int, _ index: [Affine], _ bounds: [Bound]) -> Bool {
        fusion.isByRow(number, in: root) && bounds.isEmpty
            && index.allSatisfy { $0.terms.allSatisfy { builder.nest.outer.contains($0.axis) } }
    }
}
